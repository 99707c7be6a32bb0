import { expect } from '@jest/globals';

/**
 * Waits for a condition by looking at it every few milliseconds. An assertion like any other: the test fails when it has not come true
 * within the limit, and a test may consist of nothing else.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  let isTrue = await condition();
  while (!isTrue && performance.now() <= end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    isTrue = await condition();
  }
  expect(isTrue ? what : `Not within ${limitMs} ms: ${what}`).toBe(what);
}
