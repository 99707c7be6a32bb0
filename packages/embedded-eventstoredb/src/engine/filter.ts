import { RE2JS } from 're2js';
import { BadRequestError } from './errors.ts';
import type { EventFilter, RecordedEvent } from './types.ts';

/** Bounds of a pattern: what matching costs is a text's length times the instructions that the pattern comes to. */
const MAX_PATTERN = 4096;
const MAX_INSTRUCTIONS = 1000;

export type EventPredicate = (event: RecordedEvent) => boolean;

/** Groups to $all would otherwise feed on their own checkpoints. */
const HIDDEN_PREFIXES = ['$persistentsubscription-$all::', '$epoch-information'];

/** Whether an event belongs in $all at all: the bookkeeping of groups that read $all does not. */
export function isInAll(event: RecordedEvent): boolean {
  return !event.stream.startsWith('$') || !HIDDEN_PREFIXES.some((prefix) => event.stream.startsWith(prefix));
}

/** A read of many pages comes with the same filter for each. */
const compiled = new WeakMap<EventFilter, EventPredicate>();

/** Compiles a filter over $all, hidden streams included. Throws BadRequestError for a regular expression it does not take. */
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
 * Whether a text starts with one of many prefixes, however many they are. Where one prefix begins another the shorter says it all;
 * of the rest only the last that does not come behind the text can begin it.
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
 * A real server compiles what .NET does. Here RE2 matches, in a time that grows with the text and the pattern alone: in the thread that
 * everyone shares, one that backtracks could be made to look at a single text for hours. What RE2 has not (lookaheads, backreferences)
 * is refused rather than guessed.
 */
function compileRegex(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN) throw tooComplex(`is longer than ${MAX_PATTERN} characters`);
  if (subtractsClass(pattern))
    throw new BadRequestError('Invalid regular expression: a class less another is not supported');
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

/** Whether a class leaves out another, as `[a-z-[aeiou]]` does in .NET. RE2 would read it as something else. */
function subtractsClass(pattern: string): boolean {
  const classes = pattern.match(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?/gs) ?? [];
  return classes.some((text) => /^\[(?:\^|(?!\^)).+?-\[/s.test(text.replaceAll(/\\./gs, 'x')));
}

/** What .NET writes in another way than RE2: characters by their number, and the end of a text, which has no line breaks here. */
function toRe2(pattern: string): string {
  return pattern.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (escape, code: string | undefined, character) => {
    if (code !== undefined) return `\\x{${code}}`;
    return character === 'Z' ? '\\z' : escape;
  });
}
