import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from '@jest/globals';
import { isAlive, waitUntil } from '../../../src/infrastructure/process/processes.ts';
import type { HostOptions } from './host.ts';

/** What `host.ts` reports. */
export interface HostEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Ready {
  /** Of the host. */
  readonly pid: number;
  readonly url: string;
  /** The process id of the PostgreSQL server. */
  readonly postgres: number;
}

const WAIT_MS = 20_000;

/** A process of `host.ts`, or of whatever starts one. */
export class HostProcess {
  readonly child: ChildProcess;
  readonly events: HostEvent[] = [];
  /** What came on standard error, for the message of a test that fails. */
  #noise = '';

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.on('data', (chunk: Buffer) => (this.#noise += chunk.toString()));
    if (!this.child.stdout) return;
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      // npm says a few words of its own.
      if (line.startsWith('{')) this.events.push(JSON.parse(line) as HostEvent);
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('not started');
    return this.child.pid;
  }

  async event(name: string): Promise<HostEvent> {
    const find = (): HostEvent | undefined => this.events.find(({ event }) => event === name);
    const over = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    await waitUntil(() => find() !== undefined || (over() && this.child.stdout?.readableEnded === true), WAIT_MS);
    const event = find();
    if (event === undefined) {
      throw new Error(`no event '${name}', but ${JSON.stringify(this.events)} and ${this.#noise}`);
    }
    return event;
  }

  async ready(): Promise<Ready> {
    return (await this.event('ready')) as unknown as Ready;
  }

  async ended(): Promise<void> {
    if (await waitUntil(() => !isAlive(this.pid), WAIT_MS)) return;
    throw new Error(`the host lives on: ${JSON.stringify(this.events)} ${this.#noise}`);
  }

  async stop(): Promise<void> {
    this.child.stdin?.write('stop\n');
    await this.ended();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}

/** Starts `host.ts` with the Node that runs the tests. */
export function startHost(options: HostOptions, spawnOptions: SpawnOptions = {}): HostProcess {
  const script = join(import.meta.dirname, 'host.ts');
  return new HostProcess(process.execPath, ['--no-warnings', script, JSON.stringify(options)], spawnOptions);
}

/**
 * The processes that work in or name a folder, other than the caller's: PostgreSQL's all stand in their data folder.
 * Where there is no /proc, none are found.
 */
export async function processesIn(folder: string): Promise<{ pid: number; name: string }[]> {
  const found = await Promise.all(
    (await readdir('/proc').catch(() => []))
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(async (pid) => {
        const at = await readlink(`/proc/${pid}/cwd`).catch(() => '');
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
        return at.startsWith(folder) || command.includes(folder) ? { pid: Number(pid), name } : undefined;
      }),
  );
  return found.filter((one) => one !== undefined);
}

/**
 * Waits until no process works in the folder: an assertion, which fails after `limitMs`. Guards do not count: one stays until the process
 * that inherited its program has taken notice of the program's end, which some do once a second only.
 */
export async function quiet(folder: string, limitMs: number): Promise<void> {
  let working: { pid: number; name: string }[] = [];
  await waitUntil(async () => {
    working = (await processesIn(folder)).filter(({ name }) => name !== 'sh');
    return working.length === 0;
  }, limitMs);
  expect(working).toEqual([]);
}

/** Whether it runs: one that has ended but whose new parent has not taken notice yet (a zombie) does not. */
export async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? isAlive(pid) : !/\) [ZX] /.test(stat);
}
