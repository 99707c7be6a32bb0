import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './thrown.ts';

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Polls `condition` every 20 ms until it is true.
 *
 * @returns false if it is still false after `limitMs`
 */
export async function waitUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const limit = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= limit) return false;
    await delay(20);
  }
}

/** Whether `promise` settles within `limitMs`. Leaves no timer behind. */
export async function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const abort = new AbortController();
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      delay(limitMs, false, { signal: abort.signal }),
    ]);
  } finally {
    abort.abort();
  }
}
