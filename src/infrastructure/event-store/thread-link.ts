/**
 * Starts, monitors and replaces the store thread. There is never more than one: the next starts only after the last has ended, because
 * two engines must not open the same files.
 */
import { Worker } from 'node:worker_threads';
import type { FromThread, LogLevel, ThreadData, ThreadNews, ToThread } from './thread/messages.ts';

export interface LinkEvents {
  /** The thread has opened its log and accepts calls. */
  onReady(): void;
  onMessage(message: ThreadNews): void;
  /** The thread has ended or is being replaced. It will answer no more calls. */
  onLost(): void;
  log(level: LogLevel, message: string): void;
}

const firstPauseMs = 50;
const maxPauseMs = 5_000;
/** How long a replaced thread may take to close its log. */
const endLimitMs = 1_000;
/** Half the default, which under load costs the process 100 MB more and is no faster. */
const maxYoungGenerationSizeMb = 24;

const fromSource = import.meta.url.endsWith('.ts');
export const threadEntry = new URL(fromSource ? './thread/entry.ts' : './thread/entry.js', import.meta.url);
/** When run from source, workspace packages are loaded from source too, not from a stale build. */
const execArgv = ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=source'] : [])];

export class ThreadLink {
  readonly #data: ThreadData;
  readonly #entry: URL;
  readonly #events: LinkEvents;
  #worker: Worker | null = null;
  /** A replaced thread that was asked to end; it is terminated if it takes too long. */
  #asked: Worker | null = null;
  #ready = false;
  #outbox: ToThread[] = [];
  #heartbeat: NodeJS.Timeout | null = null;
  #unanswered = 0;
  #pauseMs = 0;
  #restart: NodeJS.Timeout | null = null;
  #closing = false;
  #onEnded: (() => void) | null = null;

  constructor(data: ThreadData, entry: URL, events: LinkEvents) {
    this.#data = data;
    this.#entry = entry;
    this.#events = events;
  }

  /**
   * Starts the first thread. Resolves to the reason if it could not open its log, or to null; from then on a lost thread is always
   * replaced.
   */
  start(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#startThread((failure) => {
        this.#closing = failure !== null;
        resolve(failure);
      });
    });
  }

  /** Returns false if no thread is ready. All messages of one turn of the event loop are posted together. */
  send(message: ToThread): boolean {
    if (!this.#ready) return false;
    if (this.#outbox.push(message) === 1) setImmediate(this.#flush);
    return true;
  }

  /**
   * Replaces the thread. Its subscriptions are lost, and pending calls go to the next thread. If it is still responsive (`hears`), it is
   * asked to close its log, and terminated only if it does not: termination can interrupt it anywhere.
   */
  replace(reason: string, hears = true): void {
    const worker = this.#worker;
    if (!worker || !this.#ready) return;
    this.#events.log('error', `The store thread is replaced: ${reason}`);
    this.#lose();
    if (!hears) {
      void worker.terminate();
      return;
    }
    const timer = setTimeout(() => {
      this.#events.log('warn', 'The store thread did not end when it was asked to and is ended by force.');
      void worker.terminate();
    }, endLimitMs);
    worker.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) this.#events.log('info', 'The store thread that is replaced closed its log and ended.');
    });
    this.#asked = worker;
    const close: ToThread = { kind: 'close' };
    worker.postMessage([close]);
  }

  /** Asks the thread to close its log and end; terminates it after the timeout. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    if (this.#restart) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker) {
      const ended = new Promise<void>((resolve) => (this.#onEnded = resolve));
      const timer = setTimeout(() => {
        this.#events.log('warn', 'The store thread did not end in time and is ended by force.');
        void worker.terminate();
      }, timeoutMs);
      if (!this.send({ kind: 'close' }) && worker !== this.#asked) void worker.terminate();
      await ended;
      clearTimeout(timer);
    }
    this.#lose();
  }

  readonly #flush = (): void => {
    const messages = this.#outbox;
    this.#outbox = [];
    if (this.#ready && messages.length > 0) this.#worker?.postMessage(messages);
  };

  #startThread(onStarted?: (failure: string | null) => void): void {
    let failure = 'the thread ended before its log was open';
    let opened = false;
    const worker = new Worker(this.#entry, {
      name: 'event-store',
      workerData: this.#data,
      execArgv,
      resourceLimits: { maxYoungGenerationSizeMb },
      stdout: true,
      stderr: true,
    });
    this.#worker = worker;
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#events.log('info', `The store thread wrote: ${text.trim()}`);
      });
    }
    worker.on('message', (messages: readonly FromThread[]) => {
      this.#unanswered = 0;
      for (const message of messages) {
        if (message.kind === 'ready') {
          opened = true;
          this.#becomeReady();
          onStarted?.(null);
        } else if (message.kind === 'not-opened') failure = message.message;
        // Messages of a replaced thread are ignored: its calls are sent again to the next one.
        else if (opened && !this.#ready && message.kind !== 'log') continue;
        else if (message.kind !== 'pong') this.#events.onMessage(message);
      }
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.#events.log('error', `The store thread failed: ${failure}`);
    });
    worker.on('exit', () => {
      this.#worker = null;
      this.#lose();
      this.#onEnded?.();
      if (!opened) onStarted?.(failure);
      if (this.#closing) return;
      if (!opened) this.#events.log('error', `The event store could not be opened: ${failure}`);
      this.#startLater(opened);
    });
  }

  #startLater(wasOpen: boolean): void {
    this.#pauseMs = wasOpen ? 0 : Math.min(Math.max(this.#pauseMs * 2, firstPauseMs), maxPauseMs);
    this.#restart = setTimeout(() => {
      this.#restart = null;
      this.#startThread();
    }, this.#pauseMs);
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#unanswered = 0;
    this.#pauseMs = 0;
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, this.#data.limits.heartbeatMs);
    this.#events.onReady();
  }

  /** Counts heartbeats, not time, so that a suspended process does not replace a healthy thread. */
  #beat(): void {
    const { missedHeartbeats } = this.#data.limits;
    if (this.#unanswered >= missedHeartbeats) {
      this.replace(`it left ${this.#unanswered} heartbeats unanswered`, false);
      return;
    }
    this.#unanswered += 1;
    this.send({ kind: 'ping' });
  }

  #lose(): void {
    if (!this.#ready) return;
    this.#ready = false;
    this.#outbox = [];
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#events.onLost();
  }
}
