import { RE2JS } from 're2js';
import { BadRequestError } from './errors.ts';
import type { EventFilter, RecordedEvent } from './types.ts';

/** Limits of a pattern. Matching costs the length of the text times the number of compiled instructions. */
const MAX_PATTERN = 4096;
const MAX_INSTRUCTIONS = 1000;

export type EventPredicate = (event: RecordedEvent) => boolean;

/** Otherwise groups that read $all would be fed their own checkpoints. */
const HIDDEN_PREFIXES = ['$persistentsubscription-$all::', '$epoch-information'];

/** Whether an event is part of $all. Internal events of groups that read $all are not. */
function isInAll(event: RecordedEvent): boolean {
  return !event.stream.startsWith('$') || !HIDDEN_PREFIXES.some((prefix) => event.stream.startsWith(prefix));
}

/** Caches compiled filters: a read of many pages uses the same filter for each. */
const compiled = new WeakMap<EventFilter, EventPredicate>();

/** Compiles a filter over $all, excluding hidden streams. Throws BadRequestError for an unsupported regular expression. */
export function compileFilter(filter: EventFilter | undefined): EventPredicate {
  if (filter === undefined) return isInAll;
  const known = compiled.get(filter);
  if (known) return known;
  const matches = compileMatch(filter);
  const predicate: EventPredicate = (event) => matches(event) && isInAll(event);
  compiled.set(filter, predicate);
  return predicate;
}

function compileMatch(filter: EventFilter): EventPredicate {
  switch (filter.kind) {
    case 'stream-prefix': {
      const starts = startsWithAny(filter.prefixes);
      return (event) => starts(event.stream);
    }
    case 'type-prefix': {
      const starts = startsWithAny(filter.prefixes);
      return (event) => starts(event.type);
    }
    case 'stream-regex': {
      const regex = compileRegex(filter.pattern);
      return (event) => regex.test(event.stream);
    }
    case 'type-regex': {
      const regex = compileRegex(filter.pattern);
      return (event) => regex.test(event.type);
    }
  }
}

/**
 * Tests whether a text starts with any of the prefixes, by binary search. If one prefix starts with another, only the
 * shorter is kept; then only the last prefix that is not greater than the text can match.
 */
function startsWithAny(prefixes: readonly string[]): (text: string) => boolean {
  const sorted: string[] = [];
  for (const prefix of prefixes.toSorted(byCodeUnit)) {
    const last = sorted.at(-1);
    if (last === undefined || !prefix.startsWith(last)) sorted.push(prefix);
  }
  return (text) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! <= text) low = middle + 1;
      else high = middle;
    }
    return low > 0 && text.startsWith(sorted[low - 1]!);
  };
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A real server uses .NET's engine. RE2 is used here because its time is linear in the text: a backtracking engine could
 * be made to spend hours on one text, in a thread that all clients share. What RE2 lacks (lookaheads, backreferences) is
 * refused rather than guessed.
 */
function compileRegex(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN) throw tooComplex(`is longer than ${MAX_PATTERN} characters`);
  if (subtractsClass(pattern))
    throw new BadRequestError('Invalid regular expression: character class subtraction is not supported');
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(toRe2(pattern), RE2JS.LOOKBEHINDS);
  } catch (error) {
    throw new BadRequestError(`Invalid regular expression: ${error instanceof Error ? error.message : pattern}`);
  }
  if (regex.programSize() > MAX_INSTRUCTIONS) throw tooComplex('repeats too much');
  return regex;
}

const tooComplex = (why: string): BadRequestError => new BadRequestError(`The regular expression ${why}`);

/** Detects character class subtraction, such as `[a-z-[aeiou]]` in .NET. RE2 would read it differently. */
function subtractsClass(pattern: string): boolean {
  const classes = pattern.match(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?/gs) ?? [];
  return classes.some((text) => /^\[(?:\^|(?!\^)).+?-\[/s.test(text.replaceAll(/\\./gs, 'x')));
}

/** Translates .NET syntax to RE2: characters by number, and the end of the text, which has no line breaks here. */
function toRe2(pattern: string): string {
  return pattern.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (escape, code: string | undefined, character) => {
    if (code !== undefined) return `\\x{${code}}`;
    return character === 'Z' ? '\\z' : escape;
  });
}
