/** Normalises text for search: NFC and full Unicode case folding. Done here because case folding in the database depends on its locale. */
export function foldCase(text: string): string {
  // Upper-casing expands letters that fold to several (ß, ﬁ), provided they were lower-cased before (ẞ).
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(NOT_DOTLESS, (run) => run.toUpperCase().toLowerCase())
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

/** The dotless i is a letter of its own, although its capital is I. */
const NOT_DOTLESS = /[^ı]+/g;
