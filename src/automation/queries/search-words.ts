import { foldCase } from '../projections/fold-case.ts';

/** Different words that a search may have: each is looked for in the text of every request that has the others. */
export const MAX_SEARCH_WORDS = 10;

/** The different words of a search, as they are compared. */
export function searchWords(q: string): readonly string[] {
  return [...new Set(foldCase(q).split(/\s+/).filter(Boolean))];
}
