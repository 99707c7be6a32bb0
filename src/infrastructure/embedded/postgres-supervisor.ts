import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../process/thrown.ts';
import type { EmbeddedLog } from './log.ts';
import type { PostgresServer } from './postgres-server.ts';

/** `restarting`: the server ended unexpectedly and is being restarted; connections are refused until then. */
export type PostgresState = 'running' | 'restarting' | 'stopped';

export interface SupervisorOptions {
  readonly log: EmbeddedLog;
  /** Restarts the server on the same port. */
  readonly start: () => Promise<PostgresServer>;
  readonly onStateChange?: (state: PostgresState) => void;
}

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** After this uptime a server counts as healthy, and the restart delay is reset. */
const HEALTHY_AFTER_MS = 60_000;

/** Restarts the server whenever it ends unexpectedly, without limit, with delays that double from 0.1 s to 5 s. */
export class PostgresSupervisor {
  #state: PostgresState = 'running';
  #server: PostgresServer;
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #watch: Promise<void>;

  constructor(server: PostgresServer, options: SupervisorOptions) {
    this.#server = server;
    this.#options = options;
    this.#watch = this.#keepRunning();
  }

  get state(): PostgresState {
    return this.#state;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** Stops the server and the supervision. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#state === 'running') await this.#server.stop();
    await this.#watch;
    this.#enter('stopped');
  }

  async #keepRunning(): Promise<void> {
    let delayMs = MIN_DELAY_MS;
    for (;;) {
      const since = performance.now();
      const end = await this.#server.ended;
      if (this.#stopping.signal.aborted) return;
      this.#enter('restarting');
      this.#options.log('error', `PostgreSQL ended unexpectedly (${end ?? 'no error'}); restarting it.`);
      if (performance.now() - since >= HEALTHY_AFTER_MS) delayMs = MIN_DELAY_MS;
      for (;;) {
        if (!(await this.#pause(delayMs))) return;
        delayMs = Math.min(2 * delayMs, MAX_DELAY_MS);
        if (await this.#startAgain()) break;
      }
      if (this.#stopping.signal.aborted) {
        // stop() was called while the new server was starting.
        await this.#server.stop();
        return;
      }
      this.#enter('running');
      this.#options.log('info', `PostgreSQL is running again, process ${this.#server.pid}.`);
    }
  }

  async #startAgain(): Promise<boolean> {
    try {
      this.#server = await this.#options.start();
      return true;
    } catch (error) {
      this.#options.log('error', messageOf(error));
      return false;
    }
  }

  /** @returns false if stop() was called meanwhile */
  async #pause(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stopping.signal }).catch(() => false);
  }

  #enter(state: PostgresState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onStateChange?.(state);
  }
}
