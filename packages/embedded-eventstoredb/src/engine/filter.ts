import { BadRequestError } from './errors.ts';
import type { EventFilter, RecordedEvent } from './types.ts';

export type EventPredicate = (event: RecordedEvent) => boolean;

/** Groups to $all would otherwise feed on their own checkpoints. */
const HIDDEN_PREFIXES = ['$persistentsubscription-$all::', '$epoch-information'];

/** Whether an event belongs in $all at all: the bookkeeping of groups that read $all does not. */
export function isInAll(event: RecordedEvent): boolean {
  return !event.stream.startsWith('$') || !HIDDEN_PREFIXES.some((prefix) => event.stream.startsWith(prefix));
}

/** Compiles a filter over $all, hidden streams included. Throws BadRequestError for an invalid regular expression. */
export function compileFilter(filter: EventFilter | undefined): EventPredicate {
  if (filter === undefined) return isInAll;
  const matches = compileMatch(filter);
  return (event) => matches(event) && isInAll(event);
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

function startsWithAny(prefixes: readonly string[]): (text: string) => boolean {
  const [only] = prefixes;
  if (only !== undefined && prefixes.length === 1) return (text) => text.startsWith(only);
  return (text) => prefixes.some((prefix) => text.startsWith(prefix));
}

/** .NET's inline options at the start of a pattern that JavaScript knows as flags. */
const INLINE_OPTIONS = /^\(\?([ims]+)\)/;

/** .NET regular expressions are a little richer; what JavaScript cannot compile is refused rather than guessed. */
function compileRegex(pattern: string): RegExp {
  const inline = INLINE_OPTIONS.exec(pattern);
  // .NET's "s" makes the dot match newlines, as JavaScript's does; "m" and "i" agree too.
  const flags = inline ? [...new Set(inline[1])].join('') : '';
  const source = inline ? pattern.slice(inline[0].length) : pattern;
  try {
    return new RegExp(source.replaceAll('\\A', '^').replaceAll(/\\[zZ]/g, '$'), flags);
  } catch (error) {
    throw new BadRequestError(`Invalid regular expression: ${error instanceof Error ? error.message : pattern}`);
  }
}
