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
 * Repeats a call while its failure is one that passes, for ever or up to `maxTries`.
 *
 * @throws the last error, when it does not pass, at the last try, or when the signal came
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
