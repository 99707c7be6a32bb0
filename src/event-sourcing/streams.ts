import { LRUCache } from 'lru-cache';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import {
  AppendRefusedError,
  EventStoreUnavailableError,
  StreamTruncatedError,
  WrongExpectedRevisionError,
} from '../infrastructure/event-store/event-store.ts';
import type { Recorded } from './hash-chain.ts';
import { readMetadata } from './metadata.ts';
import { lastEvent } from './seek.ts';

/** How the events of one kind of stream fold to a state. */
export interface Fold<State> {
  readonly initial: State;
  fold(state: State, event: StoredEvent): State;
  /** About how many bytes of memory a state takes. */
  sizeOf(state: State): number;
}

/** What a command makes of a stream: the events to append, none for "nothing to do", and the state after them. */
export interface Decision<State> extends Recorded {
  readonly state: State;
}

/**
 * How much of its stream a state needs: the whole, so that a stream of which something is missing is refused; what is left of it; or
 * the last event alone, where the state is not made of events.
 */
export type Needs = 'whole' | 'what-is-left' | 'last-event';

/** A stream's state after its last known event. */
export interface Head<State> {
  readonly state: State;
  /** Of the last event, which the next one is chained to; null while the stream has none. */
  readonly hash: string | null;
  /** Revision of the last event; -1 while the stream has none. */
  readonly revision: number;
  /** Position of the last event in the log; null while the stream has none. */
  readonly position: bigint | null;
}

/** Another writer was faster, several times over. The command may be sent again. */
class ConflictError extends Error {
  readonly code = 'conflict';
  constructor() {
    super('Other writers kept changing this resource: send the command again.');
    this.name = 'ConflictError';
  }
}

/** A conflict is decided again on what the other writer left, this many times. */
const MAX_CONFLICTS = 3;
/** Of this process, on one stream; more are turned away. */
const MAX_WAITING_PER_STREAM = 1_000;
const PAGE = 1_000;

/**
 * The command side of every event-sourced stream: load the head, decide, append at exactly that revision. The append is the only
 * lock. Heads of recently used streams are kept, so a command costs one append and no read; a head that turns out to be old is
 * brought up to date before anyone is refused on it. Commands of this process on one stream take their turns.
 */
export class StreamHeads<State> {
  readonly #store: EventStore;
  readonly #fold: Fold<State>;
  readonly #heads: LRUCache<string, Head<State>>;
  readonly #turns = new Map<string, { tail: Promise<void>; waiting: number }>();
  readonly #none: Head<State>;
  readonly #needs: Needs;
  #lastAppended: bigint | null = null;

  /** `maxBytes` bounds the states that are kept, by what `fold.sizeOf` says of them. */
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

  /** Position of the newest event that this process has appended; null before the first. */
  get lastAppended(): bigint | null {
    return this.#lastAppended;
  }

  /** The head as far as this process knows it, without asking the store. */
  peek(stream: string): Head<State> | undefined {
    return this.#heads.get(stream);
  }

  /** Forgets what is known of a stream, which somebody else has deleted or truncated. */
  forget(stream: string): void {
    this.#heads.delete(stream);
  }

  /** The head as the store has it now. Throws `EventStoreUnavailableError` and {@link StreamTruncatedError}. */
  async load(stream: string): Promise<Head<State>> {
    const known = this.#heads.get(stream);
    return this.#readOn(stream, known ?? this.#none);
  }

  /**
   * Appends what `decide` makes of the stream's state. What `decide` throws is passed on, never on an outdated state. `decide` may be
   * called again after a conflict; it must be pure. With `assumeNew` the stream is taken to be empty, which saves a read: the append
   * itself finds out when it is not. Throws {@link ConflictError}, {@link StreamTruncatedError} and the errors of `EventStore.append`.
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
          // It may have been taken: on the same head, the same append is recognised, and another one meets a conflict.
          if (error instanceof EventStoreUnavailableError) throw error;
          this.#heads.delete(stream);
          if (error instanceof AppendRefusedError) await this.load(stream);
          if (!(error instanceof WrongExpectedRevisionError)) throw error;
          if (conflicts >= MAX_CONFLICTS) throw new ConflictError();
        }
      }
    });
  }

  /** A decision to do nothing, or a refusal, stands only if the state it was made on is the newest. */
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
        // Decided again below, on what the store has now.
      }
    }
    const head = await this.load(stream);
    return [head, decide(head)];
  }

  async #append(stream: string, head: Head<State>, { events, hash, state }: Decision<State>): Promise<Head<State>> {
    const expectedRevision = head.revision < 0 ? 'no_stream' : head.revision;
    const { revision, position } = await this.#store.append({ stream, expectedRevision, events });
    const next = { state, hash, revision, position };
    this.#heads.set(stream, next);
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

function headAt<State>(event: StoredEvent, state: State): Head<State> {
  return { state, hash: hashOf(event), revision: event.revision, position: event.position };
}

/** What somebody else wrote into the stream has none: after it the chain begins anew, which its verification shows. */
function hashOf(event: StoredEvent): string | null {
  try {
    return readMetadata(event).hash;
  } catch {
    return null;
  }
}
