/**
 * How titles, descriptions and search words are compared: in NFC, with Unicode's full case folding. Done here, because the database's own
 * idea of case depends on its locale.
 */
export function foldCase(text: string): string {
  // Upper case turns what folds to several letters into them (ß, ﬁ), if it was in lower case before (ẞ).
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(NOT_DOTLESS, (run) => run.toUpperCase().toLowerCase())
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

/** The dotless i is a letter of its own, and yet its capital is I. */
const NOT_DOTLESS = /[^ı]+/g;
