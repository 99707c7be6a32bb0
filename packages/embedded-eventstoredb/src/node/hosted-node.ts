import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../engine/engine.ts';
import { checkOptions } from './options.ts';
import type { NodeOptions } from './options.ts';

/** Messages from the host to its owner. */
export type HostMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'stopped' };

/** Messages from the owner to the host. */
export type OwnerMessage = { readonly kind: 'start'; readonly options: NodeOptions } | { readonly kind: 'stop' };

/** A host that has not stopped after this time is killed, in milliseconds. */
const STOP_LIMIT_MS = 5000;

type Host = {
  readonly send: (message: OwnerMessage) => void;
  readonly onMessage: (listener: (message: HostMessage) => void) => void;
  readonly onExit: (listener: (reason: Error | undefined) => void) => void;
  readonly kill: () => void;
};

/** A node in a worker thread or a child process. */
export class HostedNode {
  readonly port: number;
  /** Resolves when the host has ended: with undefined after `stop`, otherwise with an error. */
  readonly ended: Promise<Error | undefined>;
  readonly #host: Host;
  #isStopping = false;

  private constructor(host: Host, port: number, exited: Promise<Error | undefined>) {
    this.#host = host;
    this.port = port;
    this.ended = exited.then((reason) => (this.#isStopping ? undefined : (reason ?? new Error('The node ended'))));
  }

  /** Rejects if the node cannot start, with the same `code` as in process. */
  static async start(run: 'thread' | 'child', options: NodeOptions): Promise<HostedNode> {
    checkOptions(options);
    const host = run === 'thread' ? startThread() : startChild();
    const { promise: exited, resolve: onExit } = Promise.withResolvers<Error | undefined>();
    host.onExit(onExit);
    const answer = new Promise<HostMessage>((resolve, reject) => {
      host.onMessage(resolve);
      void exited.then((reason) => {
        reject(reason ?? new Error('The node ended before it was ready'));
      });
    });
    host.send({ kind: 'start', options });
    const message = await answer;
    if (message.kind === 'ready') return new HostedNode(host, message.port, exited);
    await exited;
    throw message.kind === 'failed' ? toError(message) : new Error('The node stopped before it was ready');
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#host.send({ kind: 'stop' });
    const timer = setTimeout(() => {
      this.#host.kill();
    }, STOP_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

/** The host's entry file, as source or compiled. */
function entry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./host-entry.${extension}`, import.meta.url);
}

function startThread(): Host {
  const worker = new Worker(entry(), { execArgv: [], name: 'embedded-eventstoredb' });
  return {
    send: (message) => {
      worker.postMessage(message);
    },
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => {
      worker.on('error', (error) => {
        listener(error instanceof Error ? error : new Error(String(error)));
      });
      worker.on('exit', () => {
        listener(undefined);
      });
    },
    kill: () => void worker.terminate(),
  };
}

function startChild(): Host {
  const child: ChildProcess = fork(entry(), { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      child.on('error', listener);
      child.on('exit', (code, signal) => {
        listener(code === 0 ? undefined : new Error(`The node's process ended with ${signal ?? `code ${code}`}`));
      });
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function toError({ code, message }: { code: string | undefined; message: string }): Error {
  return code === undefined ? new Error(message) : new EngineError(code, message);
}
