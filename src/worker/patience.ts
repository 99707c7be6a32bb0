import { setTimeout as delay } from 'node:timers/promises';
import { ApiRefusal, isTransient } from './api.ts';

/** Delays of a call to the service, in ms. */
const CALLS = { firstMs: 250, mostMs: 30_000 };

/**
 * Delay in ms before try number `tries` + 1: doubles from `firstMs` to `mostMs`, reduced by up to half at random to spread retries.
 *
 * @param random returns a number from 0 (inclusive) to 1 (exclusive)
 */
export function backoffMs(
  tries: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number } = CALLS,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(tries, 10));
  return fullMs * (0.5 + random() / 2);
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
