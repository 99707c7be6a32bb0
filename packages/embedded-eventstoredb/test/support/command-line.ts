import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';

const BIN = fileURLToPath(new URL('../../bin/embedded-eventstoredb.mjs', import.meta.url));

/** Starts the command line from the sources. It is killed at the end of the test if it is still running. */
export function startCommand(bench: Bench, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  bench.atEnd(() => child.kill('SIGKILL'));
  return child;
}

/** The first line of output. Rejects with the error output if the process ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The command ended: ${errors}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout!), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return line;
}

/** Runs a command to its end. */
export async function runCommand(bench: Bench, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = startCommand(bench, ...args);
  let out = '';
  let err = '';
  child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}
