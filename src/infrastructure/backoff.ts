/**
 * Delay in ms after a number of failures in a row, from 1: doubles from `firstMs` to `mostMs`, reduced by up to half at random to spread
 * retries.
 *
 * @param random returns a number from 0 (inclusive) to 1 (exclusive)
 */
export function backoffMs(
  failures: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 20));
  return fullMs * (0.5 + random() / 2);
}

/** Waits `ms`; resolves to false when the signal is aborted first. */
export function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(signal?.aborted !== true);
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
