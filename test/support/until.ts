/** Waits for a condition by looking at it every few milliseconds. Throws when it has not come true within the limit. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit_ms = 20_000,
): Promise<void> {
  const end = performance.now() + limit_ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${limit_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
