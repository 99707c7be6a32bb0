/** How long to wait after so many failures in a row, in ms: doubling from `firstMs` up to `mostMs`, less up to a half at random, so that many do not come back at once. */
export function backoffMs(
  failures: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
): number {
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 20));
  return fullMs * (0.5 + Math.random() / 2);
}

/** Waits; no longer than until `signal` is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
