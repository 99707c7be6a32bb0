import { backoffMs, pause } from '../infrastructure/backoff.ts';
import { ApiRefusal, isTransient } from './api.ts';

/** Delays between tries of a call to the service, the queue or the repository, in ms. */
export const DELAYS = { firstMs: 250, mostMs: 30_000 };

/**
 * Retries a call on transient errors, with backoff, indefinitely or up to `maxTries` tries. Honours `Retry-After` up to 60 s.
 *
 * @throws the last error when it is not transient, the tries are used up, or the signal is aborted
 */
export async function persist<T>(
  call: () => Promise<T>,
  options: {
    readonly maxTries?: number;
    readonly signal?: AbortSignal;
    readonly onFailure?: (error: unknown, waitMs: number) => void;
  },
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || tries >= (options.maxTries ?? Infinity)) throw error;
      const asked =
        error instanceof ApiRefusal && error.retryAfter !== null ? Math.min(error.retryAfter, 60) * 1000 : 0;
      const waitMs = Math.max(asked, backoffMs(tries, DELAYS));
      options.onFailure?.(error, waitMs);
      if (!(await pause(waitMs, options.signal))) throw error;
    }
  }
}
