/**
 * Trying again inside a budget of time. An append is only ever repeated with the same ids and the same expectation, which
 * is what lets the log recognise it, so an answer that was lost on the way costs nothing but time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { Appended, StoredEvent } from '../event-store.ts';
import { now } from './messages.ts';
import type { AppendCall } from './messages.ts';

/** What an error says about the try that met it. */
export type Outcome =
  /** The stream is elsewhere; perhaps because an earlier try of ours got through. */
  | 'wrong-revision'
  /** Never will be taken. */
  | 'refused'
  /** Surely not taken this time. */
  | 'not-taken'
  /** May have been taken, may even be taken later. */
  | 'unknown';

/** The ways of one adapter to append. */
export interface AppendTries {
  /** One try; rejects by itself when `timeout_ms` have passed. */
  attempt(timeout_ms: number): Promise<Appended>;
  /** Events of the stream from a revision on: as many as asked for or, where they are large, fewer; none behind its end. */
  readBack(from: number, maxCount: number, timeout_ms: number): Promise<readonly StoredEvent[]>;
  classify(error: unknown): Outcome;
  describe(error: unknown): string;
}

const firstPause_ms = 25;
const maxPause_ms = 400;
/** With less left than this another try has no chance. */
const shortest_ms = 10;

/** Thrown by a try that may be repeated. */
export class TryAgain extends Error {
  /** For people; free of secrets. */
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Repeats what throws {@link TryAgain}, with growing pauses, until the deadline; then the store counts as unavailable. */
export async function withinBudget<T>(deadline_ms: number, attempt: (left_ms: number) => Promise<T>): Promise<T> {
  let reason = 'no time was left';
  for (let pause_ms = firstPause_ms; ; pause_ms = Math.min(pause_ms * 2, maxPause_ms)) {
    const left_ms = deadline_ms - now();
    if (left_ms < shortest_ms) throw unavailable(reason);
    try {
      return await attempt(left_ms);
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      reason = error.reason;
    }
    const jittered_ms = pause_ms * (0.5 + Math.random());
    if (deadline_ms - now() < jittered_ms + shortest_ms) throw unavailable(reason);
    await sleep(jittered_ms);
  }
}

export function appendWithRetries(call: AppendCall, tries: AppendTries): Promise<Appended> {
  let perhapsAppended = call.repeated;
  return withinBudget(call.deadline_ms, async (left_ms) => {
    try {
      return await tries.attempt(left_ms);
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

/** The success of an earlier try, if the stream holds exactly the events of this append in its place. */
async function ownAppend(call: AppendCall, tries: AppendTries): Promise<Appended | null> {
  const { events, expectedRevision } = call;
  const first = expectedRevision === 'no_stream' ? 0 : expectedRevision + 1;
  let last: StoredEvent | undefined;
  for (let found = 0; found < events.length;) {
    let page: readonly StoredEvent[];
    try {
      page = await tries.readBack(first + found, events.length - found, call.deadline_ms - now());
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
