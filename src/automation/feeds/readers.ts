import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { callerOf } from '../../access/http/caller.ts';
import { httpProblem } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { LOGGER } from '../../infrastructure/tokens.ts';
import type { LiveStream } from './live-stream.ts';

/** Streams that a principal may have open in this process. */
const MAX_OF_PRINCIPAL = 256;

const TICK_MS = 1_000;

/** Who has a stream open in this process. */
@Injectable()
export class Readers {
  readonly #open = new Map<string, number>();
  readonly #streams = new Set<LiveStream>();
  #ticking: NodeJS.Timeout | undefined;
  #draining: AbortSignal | undefined;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** All streams end when this is aborted. */
  endOn(draining: AbortSignal): void {
    this.#draining = draining;
  }

  /**
   * Counts a stream of this caller until the response closes. Returns a signal that is aborted then, or when the service stops. Throws 429
   * `rate-limited` if the principal has {@link MAX_OF_PRINCIPAL} already.
   */
  admit(context: RequestContext, response: Response): AbortSignal {
    const principal = principalOf(context);
    const count = this.#open.get(principal) ?? 0;
    if (count >= MAX_OF_PRINCIPAL) {
      throw httpProblem('rate-limited', `A principal may have at most ${MAX_OF_PRINCIPAL} streams open.`);
    }
    this.#open.set(principal, count + 1);
    const closed = new AbortController();
    response.once('close', () => {
      const left = (this.#open.get(principal) ?? 1) - 1;
      if (left === 0) this.#open.delete(principal);
      else this.#open.set(principal, left);
      closed.abort();
    });
    return this.#draining ? AbortSignal.any([closed.signal, this.#draining]) : closed.signal;
  }

  /** Runs a stream until it ends, or `signal` is aborted. */
  async run(stream: LiveStream, signal: AbortSignal): Promise<void> {
    const end = (): void => stream.end();
    signal.addEventListener('abort', end, { once: true });
    this.#streams.add(stream);
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS);
    try {
      if (!signal.aborted) await stream.run();
    } finally {
      signal.removeEventListener('abort', end);
      this.#streams.delete(stream);
      if (this.#streams.size === 0) {
        clearInterval(this.#ticking);
        this.#ticking = undefined;
      }
    }
  }

  #tick(): void {
    for (const stream of this.#streams) {
      if (!stream.tick()) this.logger.info('a client of a stream does not read, and was disconnected');
    }
  }
}

/** Tokens are counted by request, as their calls are. */
function principalOf(context: RequestContext): string {
  const { name, token } = callerOf(context);
  return token ? `${token.holder} ${token.requestId}` : `principal ${name}`;
}
