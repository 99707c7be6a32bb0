import { expect } from '@jest/globals';

/**
 * Polls a condition every few milliseconds. It is an assertion: the test fails if the condition is not true within the limit, so a test may
 * consist of nothing else.
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
