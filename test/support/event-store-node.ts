import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(
  new URL('../../packages/embedded-eventstoredb/bin/embedded-eventstoredb.mjs', import.meta.url),
);

/** An embedded node as a separate process, the built one, which can be killed, stopped and restarted with the same data and port. */
export class EventStoreNode {
  readonly port: number;
  readonly folder: string;
  readonly #options: readonly string[];
  #process: ChildProcess | null = null;
  #output = '';

  private constructor(folder: string, port: number, options: readonly string[]) {
    this.folder = folder;
    this.port = port;
    this.#options = options;
  }

  /** Starts a node with a new log and these command line options. */
  static async create(...options: string[]): Promise<EventStoreNode> {
    const node = new EventStoreNode(await mkdtemp(join(tmpdir(), 'event-store-node-')), await freePort(), options);
    node.start();
    return node;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Does not wait until the node answers: clients must cope with that. */
  start(): void {
    const options = ['--data-dir', this.folder, '--port', String(this.port), '--exit-with-parent'];
    const child = spawn(process.execPath, [program, ...options, ...this.#options]);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output = (this.#output + text).slice(-4_000)));
    }
    child.once('exit', (code, signal) => {
      if (this.#process === child && signal === null && code !== 0) console.error(`The node ended: ${this.#output}`);
    });
    this.#process = child;
  }

  /** Kills the process; resolves when it has ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async dispose(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
