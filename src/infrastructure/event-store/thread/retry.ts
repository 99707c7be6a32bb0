/**
 * Retries within a time budget. An append is always retried with the same ids and expected revision, so the log recognises it and a lost
 * answer does no harm.
 */
import { backoffMs, pause } from '../../backoff.ts';
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { Appended, StoredEvent } from '../event-store.ts';
import { now } from './messages.ts';
import type { AppendCall } from './messages.ts';

/** The outcome of a failed attempt. */
export type Outcome =
  /** The stream is at another revision, possibly because an earlier attempt succeeded. */
  | 'wrong-revision'
  /** Will never be accepted. */
  | 'refused'
  /** Certainly not executed. */
  | 'not-taken'
  /** May have been executed, or may still be. */
  | 'unknown';

/** How an adapter appends. */
export interface AppendTries {
  /** One attempt; rejects after `timeoutMs`. */
  attempt(timeoutMs: number): Promise<Appended>;
  /** Reads events from a revision on: up to `maxCount`, fewer if they are large, none beyond the end of the stream. */
  readBack(from: number, maxCount: number, timeoutMs: number): Promise<readonly StoredEvent[]>;
  classify(error: unknown): Outcome;
  describe(error: unknown): string;
}

const PAUSES = { firstMs: 25, mostMs: 400 };
/** No attempt is made with less time left than this. */
const shortestMs = 10;

/** Thrown by an attempt that may be retried. */
export class TryAgain extends Error {
  /** For error messages; without secrets. */
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Retries while `attempt` throws {@link TryAgain}, with exponential backoff. Throws `EventStoreUnavailableError` at the deadline. */
export async function withinBudget<T>(deadlineMs: number, attempt: (leftMs: number) => Promise<T>): Promise<T> {
  let reason = 'no time was left';
  for (let failures = 1; ; failures += 1) {
    const leftMs = deadlineMs - now();
    if (leftMs < shortestMs) throw unavailable(reason);
    try {
      return await attempt(leftMs);
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      reason = error.reason;
    }
    const pauseMs = backoffMs(failures, PAUSES);
    if (deadlineMs - now() < pauseMs + shortestMs) throw unavailable(reason);
    await pause(pauseMs);
  }
}

export function appendWithRetries(call: AppendCall, tries: AppendTries): Promise<Appended> {
  let perhapsAppended = call.repeated;
  return withinBudget(call.deadlineMs, async (leftMs) => {
    try {
      return await tries.attempt(leftMs);
    } catch (error) {
      const reason = tries.describe(error);
      switch (tries.classify(error)) {
        case 'refused':
          throw new AppendRefusedError(`The event store refused the append: ${reason}`);
        case 'wrong-revision': {
          const own = perhapsAppended ? await ownAppend(call, tries) : null;
          if (own !== null) return own;
          throw new WrongExpectedRevisionError(call.stream, call.expectedRevision);
        }
        case 'unknown':
          perhapsAppended = true;
          throw new TryAgain(reason);
        case 'not-taken':
          throw new TryAgain(reason);
      }
    }
  });
}

/** The result of an earlier attempt, if the events of this append are at their place in the stream; otherwise null. */
async function ownAppend(call: AppendCall, tries: AppendTries): Promise<Appended | null> {
  const { events, expectedRevision } = call;
  const first = expectedRevision === 'no_stream' ? 0 : expectedRevision + 1;
  let last: StoredEvent | undefined;
  for (let found = 0; found < events.length;) {
    let page: readonly StoredEvent[];
    try {
      page = await tries.readBack(first + found, events.length - found, call.deadlineMs - now());
    } catch (error) {
      throw new TryAgain(tries.describe(error));
    }
    for (const stored of page.slice(0, events.length - found)) {
      if (stored.id.toLowerCase() !== events[found]?.id.toLowerCase()) return null;
      last = stored;
      found += 1;
    }
    if (page.length === 0) return null;
  }
  return last ? { revision: last.revision, position: last.position } : null;
}

function unavailable(reason: string): EventStoreUnavailableError {
  return new EventStoreUnavailableError(`The event store gave no answer in time: ${reason}`);
}
