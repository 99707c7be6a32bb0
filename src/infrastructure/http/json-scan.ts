const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The parser of the language, and the two things it does not do: a limit on depth, and a complaint about duplicate keys. */
export type ParsedJson =
  { readonly fault: undefined; readonly value: unknown } | { readonly fault: string; readonly value: undefined };

/**
 * Parses JSON text strictly. Depth is counted in levels of objects and arrays and looked at before anything builds or walks
 * the value. Duplicate keys are found by counting: the parser keeps one member a name, so a value that has fewer members
 * than its text has colons lost one, however the names were escaped. The fault is a sentence that repeats nothing of the text.
 */
export function parseJson(text: string, maxDepth: number): ParsedJson {
  const colons = countColons(text, maxDepth);
  if (colons < 0) return refused(`Arrays and objects lie more than ${maxDepth} levels deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('The body is not valid JSON.');
  }
  if (countMembers(value) !== colons) return refused('An object has two members of the same name.');
  return { fault: undefined, value };
}

function refused(fault: string): ParsedJson {
  return { fault, value: undefined };
}

/** Counts the colons outside strings, which in valid JSON are the members of all objects; -1 when it lies too deep. */
function countColons(text: string, maxDepth: number): number {
  let colons = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index);
        if (index < 0) return colons; // The string never ends: the parser will say so.
        break;
      case COLON:
        colons += 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > maxDepth) return -1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      default:
    }
  }
  return colons;
}

/** Index of the quote that ends the string begun at `start`, or -1. Linear: no backslash is looked at twice. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

/** Recursive, but never deeper than what {@link countColons} let pass. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item);
    return count;
  }
  for (const key of Object.keys(value)) {
    count += 1;
    const item: unknown = (value as Record<string, unknown>)[key];
    if (typeof item === 'object') count += countMembers(item);
  }
  return count;
}
