import { BadRequestError } from '../engine/engine.ts';
import type { EventFilter } from '../engine/engine.ts';
import { compileFilter } from '../engine/filter.ts';
import type { EventPredicate } from '../engine/filter.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { FilterOptions } from '../wire/read-messages.ts';

/** Used as the window for "no limit": the page size of a real server. */
const UNLIMITED_WINDOW = 32;

export type ReadFilter = {
  readonly filter: EventFilter;
  readonly matches: EventPredicate;
  /** A checkpoint is due after this many events; undefined if the request's numbers are invalid. */
  readonly checkpointInterval: number | undefined;
};

/** Reads and compiles a filter. Throws the status of a real server if it is malformed. */
export function readFilter(options: FilterOptions): ReadFilter {
  const expression = options.streamIdentifier ?? options.eventType;
  if (!expression) throw new GrpcError(Code.INVALID_ARGUMENT, 'The filter has neither a stream nor an event type');
  if (options.max === undefined && !options.count) {
    throw new GrpcError(Code.INVALID_ARGUMENT, 'The filter has no window');
  }
  const target = options.streamIdentifier ? 'stream' : 'type';
  const filter: EventFilter = expression.regex
    ? { kind: `${target}-regex`, pattern: expression.regex }
    : { kind: `${target}-prefix`, prefixes: expression.prefix ?? [] };
  const window = options.max ?? UNLIMITED_WINDOW;
  const interval = window * (options.checkpointIntervalMultiplier ?? 0);
  return { filter, matches: compile(filter), checkpointInterval: interval > 0 ? interval : undefined };
}

function compile(filter: EventFilter): EventPredicate {
  try {
    return compileFilter(filter);
  } catch (error) {
    if (error instanceof BadRequestError) throw new GrpcError(Code.UNKNOWN, error.message);
    throw error;
  }
}
