import { LRUCache } from 'lru-cache';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import {
  AppendRefusedError,
  EventStoreUnavailableError,
  StreamTruncatedError,
  WrongExpectedRevisionError,
} from '../infrastructure/event-store/event-store.ts';
import type { Recorded } from './hash-chain.ts';
import { readMetadata } from './codec.ts';
import { lastEvent } from './seek.ts';

/** How the events of a stream are folded into its state. */
export interface Fold<State> {
  readonly initial: State;
  fold(state: State, event: StoredEvent): State;
  /** Approximate size of a state in memory, in bytes. */
  sizeOf(state: State): number;
}

/** A command's result: the events to append (none if there is nothing to do) and the state after them. */
export interface Decision<State> extends Recorded {
  readonly state: State;
}

/**
 * The events that a state is folded from:
 * - `whole`: all of them; a truncated stream is refused;
 * - `what-is-left`: all that remain;
 * - `last-event`: only the last one.
 */
export type Needs = 'whole' | 'what-is-left' | 'last-event';

/** A stream's state after its last known event. */
export interface Head<State> {
  readonly state: State;
  /** Hash of the last event, which the next one links to; null for an empty stream, or if the event has none. */
  readonly hash: string | null;
  /** Revision of the last event; -1 for an empty stream. */
  readonly revision: number;
  /** Log position of the last event; null for an empty stream. */
  readonly position: bigint | null;
  /** The outcome of an append after this event is unknown. */
  readonly isInDoubt?: true;
}

/** Other writers caused a conflict on every attempt. The command may be retried. */
class ConflictError extends Error {
  readonly code = 'conflict';
  constructor() {
    super('Other writers kept changing this resource: send the command again.');
    this.name = 'ConflictError';
  }
}

/** Retries of a command after a conflict, each on the new state of the stream. */
const MAX_CONFLICTS = 3;
/** Commands of this process that may wait for one stream; more are refused. */
const MAX_WAITING_PER_STREAM = 1_000;
const PAGE = 1_000;

/**
 * The command side of event-sourced streams: load the head, decide, append with that revision as the expected one. This optimistic
 * concurrency check is the only lock. Heads of recently used streams are cached, so a command usually costs one append and no read. A
 * command is never refused because of a stale head: the head is refreshed first. Commands of this process on one stream run one at a
 * time.
 */
export class StreamHeads<State> {
  readonly #store: EventStore;
  readonly #fold: Fold<State>;
  readonly #heads: LRUCache<string, Head<State>>;
  readonly #turns = new Map<string, { tail: Promise<void>; waiting: number }>();
  readonly #none: Head<State>;
  readonly #needs: Needs;
  #lastAppended: bigint | null = null;

  /** `maxBytes` limits the total size of cached states, as measured by `fold.sizeOf`. */
  constructor(
    store: EventStore,
    fold: Fold<State>,
    { maxBytes, needs }: { readonly maxBytes: number; readonly needs: Needs },
  ) {
    this.#store = store;
    this.#fold = fold;
    this.#needs = needs;
    this.#none = { state: fold.initial, hash: null, revision: -1, position: null };
    this.#heads = new LRUCache({ maxSize: maxBytes, sizeCalculation: (head) => fold.sizeOf(head.state) });
  }

  /** Log position of the newest event appended by this process; null before the first. */
  get lastAppended(): bigint | null {
    return this.#lastAppended;
  }

  /** The cached head, which may be stale. Does not read from the store. */
  peek(stream: string): Head<State> | undefined {
    return this.#heads.get(stream);
  }

  /**
   * The cached head, if no command of this process can have changed it: none is under way on this stream, and none ended with an unknown
   * outcome. So it is the newest head as long as nobody else appends to the stream. Does not read from the store.
   */
  settled(stream: string): Head<State> | undefined {
    if (this.#turns.has(stream)) return undefined;
    const head = this.#heads.get(stream);
    return head?.isInDoubt ? undefined : head;
  }

  /** Drops the cached head of a stream, after someone else deleted or truncated it. */
  forget(stream: string): void {
    this.#heads.delete(stream);
  }

  /** The current head, read from the store. Throws `EventStoreUnavailableError` and {@link StreamTruncatedError}. */
  async load(stream: string): Promise<Head<State>> {
    const known = this.#heads.get(stream);
    return this.#readOn(stream, known ?? this.#none);
  }

  /**
   * Calls `decide` with the head and appends the events it returns. Errors thrown by `decide` are passed on, but only if the head was
   * current. `decide` may be called more than once, so it must be pure. With `assumeNew` the stream is assumed to be empty, which saves
   * a read; the append fails with a conflict if it is not, and the command is decided again. Throws {@link ConflictError},
   * {@link StreamTruncatedError} and the errors of `EventStore.append`.
   */
  async decideAndAppend(
    stream: string,
    decide: (head: Head<State>) => Decision<State>,
    { assumeNew = false }: { readonly assumeNew?: boolean } = {},
  ): Promise<Head<State>> {
    return this.#inTurn(stream, async () => {
      for (let conflicts = 0; ; conflicts += 1) {
        const [head, decision] =
          assumeNew && conflicts === 0 ? [this.#none, decide(this.#none)] : await this.#decideOnFresh(stream, decide);
        if (decision.events.length === 0) return head;
        try {
          return await this.#append(stream, head, decision);
        } catch (error) {
          if (error instanceof EventStoreUnavailableError) {
            // The append may have succeeded, so the head is kept: the same append is recognised, and any other one gets a conflict.
            this.#keep(stream, { ...head, isInDoubt: true });
            throw error;
          }
          this.#heads.delete(stream);
          if (error instanceof AppendRefusedError) await this.load(stream);
          if (!(error instanceof WrongExpectedRevisionError)) throw error;
          if (conflicts >= MAX_CONFLICTS) throw new ConflictError();
        }
      }
    });
  }

  /** A decision to append nothing, or an error, counts only if it was made on the current state. */
  async #decideOnFresh(
    stream: string,
    decide: (head: Head<State>) => Decision<State>,
  ): Promise<readonly [Head<State>, Decision<State>]> {
    const kept = this.#heads.get(stream);
    if (kept) {
      try {
        const decision = decide(kept);
        if (decision.events.length > 0) return [kept, decision];
      } catch {
        // Decided again below, on the current state.
      }
    }
    const head = await this.load(stream);
    return [head, decide(head)];
  }

  async #append(stream: string, head: Head<State>, { events, hash, state }: Decision<State>): Promise<Head<State>> {
    const expectedRevision = head.revision < 0 ? 'no_stream' : head.revision;
    const { revision, position } = await this.#store.append({ stream, expectedRevision, events });
    const next = { state, hash, revision, position };
    this.#keep(stream, next);
    if (this.#lastAppended === null || position > this.#lastAppended) this.#lastAppended = position;
    return next;
  }

  async #readOn(stream: string, from: Head<State>): Promise<Head<State>> {
    let head = from;
    if (head.revision < 0 && this.#needs === 'last-event') head = await this.#readLast(stream);
    for (;;) {
      const page = await this.#store.readStream({ stream, from: head.revision + 1, maxCount: PAGE });
      const { events, atEnd, truncated } = page;
      if (truncated && this.#needs === 'whole') {
        this.#heads.delete(stream);
        throw new StreamTruncatedError();
      }
      const last = events.at(-1);
      if (last) {
        const state = events.reduce((before, event) => this.#fold.fold(before, event), head.state);
        head = headAt(last, state);
      }
      if (atEnd) break;
    }
    return this.#keep(stream, head);
  }

  /** Caches the head, unless a newer one became known while it was read. Returns the newer of the two. */
  #keep(stream: string, head: Head<State>): Head<State> {
    const kept = this.#heads.get(stream);
    if (kept && (kept === head || kept.revision > head.revision)) return kept;
    if (head.revision >= 0) this.#heads.set(stream, head);
    return head;
  }

  async #readLast(stream: string): Promise<Head<State>> {
    const last = await lastEvent(this.#store, stream);
    return last ? headAt(last, this.#fold.fold(this.#none.state, last)) : this.#none;
  }

  async #inTurn<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(stream) ?? { tail: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= MAX_WAITING_PER_STREAM)
      throw new EventStoreUnavailableError('Too many commands wait for this stream.');
    this.#turns.set(stream, turn);
    turn.waiting += 1;
    const before = turn.tail;
    let done!: () => void;
    turn.tail = new Promise((resolve) => (done = resolve));
    try {
      await before;
      return await work();
    } finally {
      done();
      turn.waiting -= 1;
      if (turn.waiting === 0) this.#turns.delete(stream);
    }
  }
}

/** The name of an event-sourced thing's stream. The store treats everything before the first dash as the category. */
export function streamOf(category: string, id: string): string {
  return `${category}-${id}`;
}

function headAt<State>(event: StoredEvent, state: State): Head<State> {
  return { state, hash: hashOf(event), revision: event.revision, position: event.position };
}

/** Null for events that this service did not write. The chain starts over after such an event, and verification reports it. */
function hashOf(event: StoredEvent): string | null {
  try {
    return readMetadata(event).hash;
  } catch {
    return null;
  }
}
