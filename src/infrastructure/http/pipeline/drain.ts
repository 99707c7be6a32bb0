import type { Server } from 'node:http';
import type { Response } from 'express';
import { httpProblem } from '../problems/problem-details.ts';

/**
 * Counts the requests under way and takes the server out of service. The framework's own way to close waits for ever on a
 * client that has stopped in the middle of its upload.
 */
export class Drain {
  readonly #abort = new AbortController();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  /** Aborted when draining begins. Answers without an end, such as event streams, must end then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request until its answer is out or its client gone. Throws 503 `shutting-down` once draining has begun. */
  admit(response: Response): void {
    this.#inFlight += 1;
    response.once('close', this.#leave);
    if (!this.#abort.signal.aborted) return;
    response.setHeader('Connection', 'close');
    throw httpProblem('shutting-down', 'This server is shutting down; ask again shortly.');
  }

  readonly #leave = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  };

  /**
   * Stops accepting connections, closes idle ones, lets requests under way finish for up to `limitMs`, and closes every
   * connection. Returns how many requests were cut off. Calling it again waits for the same end.
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
    // What is left has no request under way, or has had its time.
    server.closeAllConnections();
    await closed;
    return cut;
  }
}
