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
 * colons has lost one. Texts with escaped names are parsed by {@link readJson} instead.
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

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;

/** A backslash, or a control character, which must be escaped in a string. */
const NEEDS_PARSING = /[\\\u0000-\u001f]/;

/** A JSON object as parsed, with members of any type. */
export type JsonObject = Record<string, unknown>;

/** Thrown for a text that is not JSON. */
export class NotJson extends Error {}
/** Thrown for JSON in which an object repeats a name. */
class RepeatedName extends Error {}

/**
 * Parses JSON that `JSON.parse` may get wrong: V8 up to at least 14.6 can confuse an escaped member name with a name from an earlier text,
 * even of another client (nodejs/node#63785). Strings are still left to `JSON.parse`, which handles them correctly. Recursive, so the depth
 * of the text must have been checked.
 */
export function readJson(text: string): unknown {
  let at = 0;

  function value(): unknown {
    const next = peek();
    if (next === '{') return object();
    if (next === '[') return array();
    if (next === '"') return string();
    return next !== undefined && '-0123456789'.includes(next) ? Number(token(NUMBER)) : JSON.parse(token(LITERAL));
  }

  function object(): object {
    // Not a plain object, on which the name __proto__ would be special.
    const members = new Map<string, unknown>();
    at += 1;
    if (take('}')) return {};
    do {
      if (peek() !== '"') throw new NotJson();
      const name = string();
      if (members.has(name)) throw new RepeatedName();
      if (!take(':')) throw new NotJson();
      members.set(name, value());
    } while (take(','));
    if (!take('}')) throw new NotJson();
    return Object.fromEntries(members);
  }

  function array(): unknown[] {
    const items: unknown[] = [];
    at += 1;
    if (take(']')) return items;
    do items.push(value());
    while (take(','));
    if (!take(']')) throw new NotJson();
    return items;
  }

  function string(): string {
    const end = endOfString(text, at);
    if (end < 0) throw new NotJson();
    const start = at;
    at = end + 1;
    const plain = text.slice(start + 1, end);
    if (!NEEDS_PARSING.test(plain)) return plain;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      throw new NotJson();
    }
  }

  function token(pattern: RegExp): string {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new NotJson();
    at = pattern.lastIndex;
    return match[0];
  }

  function take(mark: string): boolean {
    if (peek() !== mark) return false;
    at += 1;
    return true;
  }

  /** The next character that is not white space. */
  function peek(): string | undefined {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
    return text[at];
  }

  const read = value();
  if (peek() !== undefined) throw new NotJson();
  return read;
}

/** This many characters are checked one by one, which is faster than `indexOf` for short strings. */
const SHORT = 32;

/** Index of the closing quote of the JSON string that starts at `start`, or -1. Takes linear time. */
function endOfString(text: string, start: number): number {
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
