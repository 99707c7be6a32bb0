import { setTimeout as delay } from 'node:timers/promises';
import { ApiRefusal, isTransient } from './api.ts';

/** Delay in ms before try number `tries` + 1: doubles from 250 ms to 30 s, reduced by up to half at random to spread retries. */
export function backoffMs(tries: number): number {
  const full = Math.min(30_000, 250 * 2 ** Math.min(tries, 10));
  return full * (0.5 + Math.random() / 2);
}

/** Waits `ms`; resolves to false when the signal is aborted first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
    return true;
  } catch {
    return false;
  }
}

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
      const waitMs = Math.max(asked, backoffMs(tries - 1));
      options.onFailure?.(error, waitMs);
      if (!(await pause(waitMs, options.signal))) throw error;
    }
  }
}
