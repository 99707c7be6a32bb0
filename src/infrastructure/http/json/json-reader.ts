import { endOfString } from './json-strings.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;

/** A backslash, or a control character, which must be escaped in a string. */
const NEEDS_PARSING = /[\\\u0000-\u001f]/;

/** A JSON object as parsed, with members of any type. */
export type JsonObject = Record<string, unknown>;

/** Thrown for a text that is not JSON. */
export class NotJson extends Error {}
/** Thrown for JSON in which an object repeats a name. */
export class RepeatedName extends Error {}

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
