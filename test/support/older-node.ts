import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Node.js that is too old for this project's programs, and how to start it. */
export interface OlderNode {
  readonly name: string;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** This Node.js pretending to be older, only for processes a test starts itself; and a really older one, if the machine has one. */
export function olderNodes(): readonly [OlderNode, ...OlderNode[]] {
  const pretender = fileURLToPath(new URL('./pretend-older-node.cjs', import.meta.url));
  const pretending = {
    name: 'a version that is said to be older',
    program: process.execPath,
    env: { NODE_OPTIONS: `--require ${pretender}`, TEST_PID: String(process.pid) },
  };
  const installed = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const program = installed.find((file) => isOlder(file));
  return [
    pretending,
    ...(program === undefined ? [] : [{ name: 'the older Node.js of this machine', program, env: {} }]),
  ];
}

function isOlder(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    const major = Number(/^v(\d+)\./.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[1]);
    return major >= 20 && major < 24;
  } catch {
    return false;
  }
}

/** Runs a program to its end, with a minimal environment. */
export async function runUnder(node: OlderNode, words: readonly string[], options: RunOptions = {}) {
  const child = startUnder(node, words, options.env);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(options.input ?? '');
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout, stderr };
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function startUnder(node: OlderNode, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(node.program, words, { env: { PATH, HOME, ...node.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}
