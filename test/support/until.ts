import { expect } from '@jest/globals';

/**
 * Polls a condition, every 5 ms at first and less and less often later, down to every 100 ms: polling takes CPU time that the processes under
 * test need. It is an assertion: the test fails if the condition is not true within the limit, so a test may consist of nothing else.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const begun = performance.now();
  let isTrue = await condition();
  for (let waitedMs = 0; !isTrue && waitedMs <= limitMs; waitedMs = performance.now() - begun) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(5 + waitedMs / 20, 100)));
    isTrue = await condition();
  }
  expect(isTrue ? what : `Not within ${limitMs} ms: ${what}`).toBe(what);
}
