import { NotJson, RepeatedName, readJson } from './json-reader.ts';
import { endOfString } from './json-strings.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NOT_JSON = 'The body is not valid JSON.';
const REPEATED_NAME = 'An object has two members of the same name.';

/** Either a value or a fault: a sentence for the client that repeats nothing of the text. */
export type ParsedJson =
  { readonly fault: undefined; readonly value: unknown } | { readonly fault: string; readonly value: undefined };

/**
 * Parses JSON text with two checks that `JSON.parse` lacks. The depth, in levels of objects and arrays, is limited before any value is
 * built. Repeated names in an object are an error: `JSON.parse` keeps one member per name, so a value with fewer members than its text has
 * colons has lost one. Texts with escaped names are parsed by json-reader.ts instead.
 */
export function parseJson(text: string, maxDepth: number): ParsedJson {
  const { colons, tooDeep, escapedNames } = scan(text, maxDepth);
  if (tooDeep) return refused(`Arrays and objects lie more than ${maxDepth} levels deep.`);
  try {
    const value: unknown = escapedNames ? readJson(text) : JSON.parse(text);
    return !escapedNames && countMembers(value) !== colons ? refused(REPEATED_NAME) : { fault: undefined, value };
  } catch (error) {
    if (error instanceof RepeatedName) return refused(REPEATED_NAME);
    if (error instanceof SyntaxError || error instanceof NotJson) return refused(NOT_JSON);
    throw error;
  }
}

function refused(fault: string): ParsedJson {
  return { fault, value: undefined };
}

interface Scanned {
  /** Colons outside strings, which in valid JSON is the number of members. */
  readonly colons: number;
  readonly tooDeep: boolean;
  readonly escapedNames: boolean;
}

function scan(text: string, maxDepth: number): Scanned {
  let colons = 0;
  let depth = 0;
  let stringStart = 0;
  let stringEnd = 0;
  let escapedNames = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        stringStart = index;
        stringEnd = endOfString(text, index);
        // An unterminated string, which the parser reports.
        if (stringEnd < 0) return { colons, tooDeep: false, escapedNames };
        index = stringEnd;
        break;
      case COLON:
        colons += 1;
        escapedNames ||= hasBackslash(text, stringStart, stringEnd);
        // Each name is checked once, however many colons follow it in invalid JSON.
        stringStart = stringEnd;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > maxDepth) return { colons, tooDeep: true, escapedNames };
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      default:
    }
  }
  return { colons, tooDeep: false, escapedNames };
}

function hasBackslash(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (text.charCodeAt(index) === BACKSLASH) return true;
  return false;
}

/** Recursive; {@link scan} has limited the depth. */
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
