import type { Server } from 'node:http';
import type { Response } from 'express';
import { httpProblem } from '../problems/problem-details.ts';

/**
 * Counts the requests in progress and takes the server out of service. The framework's own `close` waits forever for a client that
 * stalls in the middle of an upload.
 */
export class Drain {
  readonly #abort = new AbortController();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  /** Aborted when draining begins. Endless answers, such as event streams, must end then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request until its answer has been sent or its client has disconnected. Throws 503 `shutting-down` once draining has begun. */
  admit(response: Response): void {
    this.#inFlight += 1;
    response.once('close', this.#leave);
    if (!this.#abort.signal.aborted) return;
    response.setHeader('Connection', 'close');
    throw httpProblem('shutting-down', 'The server is shutting down. Try again shortly.');
  }

  readonly #leave = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  };

  /**
   * Stops accepting connections, closes idle ones, lets requests in progress finish for up to `limitMs`, and closes every
   * connection. Returns how many requests were cut off. Further calls return the same promise.
   */
  run(server: Server, limitMs: number): Promise<number> {
    this.#result ??= this.#run(server, limitMs);
    return this.#result;
  }

  #result: Promise<number> | undefined;

  async #run(server: Server, limitMs: number): Promise<number> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#abort.abort();
    let timer: NodeJS.Timeout | undefined;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        timer = setTimeout(resolve, limitMs);
      });
    }
    clearTimeout(timer);
    const cut = this.#inFlight;
    // The remaining connections are idle, or their time is up.
    server.closeAllConnections();
    await closed;
    return cut;
  }
}
