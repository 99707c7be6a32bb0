import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';
import type { PostgresServer } from './postgres-server.ts';

/** `restarting`: it ended by itself and is being brought back; connections are refused meanwhile. */
export type PostgresState = 'running' | 'restarting' | 'stopped';

export interface SupervisorOptions {
  readonly log: EmbeddedLog;
  /** Starts the server again, on the same port. */
  readonly start: () => Promise<PostgresServer>;
  readonly onStateChange?: (state: PostgresState) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A server that has run so long was well: after its end the pauses begin anew. */
const WELL_AFTER_MS = 60_000;

/** Keeps a server running: starts it again whenever it ends by itself, for ever, with pauses that grow from 0.1 s to 5 s. */
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

  /** Ends the server and its watch. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#state === 'running') await this.#server.stop();
    await this.#watch;
    this.#enter('stopped');
  }

  async #keepRunning(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const since = performance.now();
      const end = await this.#server.ended;
      if (this.#stopping.signal.aborted) return;
      this.#enter('restarting');
      this.#options.log('error', `PostgreSQL ended by itself (${end ?? 'no error'}): starting it again.`);
      if (performance.now() - since >= WELL_AFTER_MS) pause = FIRST_PAUSE_MS;
      for (;;) {
        if (!(await this.#pause(pause))) return;
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
        if (await this.#startAgain()) break;
      }
      if (this.#stopping.signal.aborted) {
        // It was asked to stop while the new one was starting.
        await this.#server.stop();
        return;
      }
      this.#enter('running');
      this.#options.log('info', `PostgreSQL runs again, process ${this.#server.pid}.`);
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

  /** @returns false when it was asked to stop meanwhile */
  async #pause(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stopping.signal }).catch(() => false);
  }

  #enter(state: PostgresState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onStateChange?.(state);
  }
}
