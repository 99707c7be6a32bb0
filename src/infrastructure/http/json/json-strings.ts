const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** This many characters are checked one by one, which is faster than `indexOf` for short strings. */
const SHORT = 32;

/** Index of the closing quote of the JSON string that starts at `start`, or -1. Takes linear time. */
export function endOfString(text: string, start: number): number {
  const end = Math.min(start + SHORT, text.length);
  for (let index = start + 1; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index;
    if (code === BACKSLASH) break;
  }
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}
