import { randomUUID } from 'node:crypto';
import type { Remembered } from '../../event-sourcing/idempotency.ts';
import { StillRunning } from '../../event-sourcing/idempotency.ts';
import type { Head } from '../../event-sourcing/streams.ts';
import { StreamHeads } from '../../event-sourcing/streams.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import type { Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import type { Attempt, Request } from '../domain/request.ts';
import { liveAttempt } from '../domain/request.ts';
import { streamOf } from '../events/codec.ts';
import { replay } from '../events/replay.ts';
import type { Call, Circumstances, StreamState } from './decide-on-stream.ts';
import { decideOnStream, STREAM_FOLD } from './decide-on-stream.ts';

/** The request as a command left it, and where in the log the request's last event stands. */
export interface Executed {
  readonly request: Request;
  readonly position: bigint;
  /** The command had been carried out before, under the same key: the request is as it was then. */
  readonly replayed: boolean;
}

/** Knows which leases have run out; they are kept outside the log. */
export interface LapseCheck {
  /** Whether this attempt's lease has run out; from then on it is not renewed. */
  markIfLapsed(requestId: string, attempt: Attempt): Promise<boolean>;
}

/** Knows whether the log that is connected is the one that the database belongs to. Throws `ForeignLogError`. */
export interface LogCheck {
  check(): void;
}

const CACHE_BYTES = 16 * 1024 * 1024;

/** The write side of requests: one command, one decision, one append. */
export class RequestStreams {
  readonly #store: EventStore;
  readonly #heads: StreamHeads<StreamState>;
  readonly #category: string;
  readonly #policy: Policy;
  readonly #now: () => Date;
  readonly #leases: LapseCheck;
  readonly #log: LogCheck;
  readonly #onTruncated: (id: string) => void;
  /** Keys of calls that are under way in this process. */
  readonly #running = new Set<string>();

  constructor(
    store: EventStore,
    options: {
      category: string;
      policy: Policy;
      now: () => Date;
      leases: LapseCheck;
      log: LogCheck;
      /** Hears of a request that was found to have lost a part of its history. */
      onTruncated: (id: string) => void;
    },
  ) {
    this.#store = store;
    this.#heads = new StreamHeads(store, STREAM_FOLD, { maxBytes: CACHE_BYTES, needs: 'whole' });
    this.#category = options.category;
    this.#policy = options.policy;
    this.#now = options.now;
    this.#leases = options.leases;
    this.#log = options.log;
    this.#onTruncated = options.onTruncated;
  }

  /** Position of the newest event that this process has appended. */
  get lastAppended(): bigint | null {
    return this.#heads.lastAppended;
  }

  /**
   * Decides a command on the request's stream and appends what it makes happen, all of it or nothing. With an idempotency key that has
   * made an append before, it is not decided again. Throws what the domain refuses with, `IdempotencyKeyReused`, `StillRunning`,
   * `ConflictError`, `StreamTruncatedError`, `ForeignLogError` and the errors of `EventStore.append`.
   */
  async execute(id: string, command: RequestCommand, call: Call): Promise<Executed> {
    this.#log.check();
    const key = call.idempotency?.key;
    if (key === undefined) return this.#observed(id, () => this.#execute(id, command, call));
    if (this.#running.has(key)) throw new StillRunning();
    this.#running.add(key);
    try {
      return await this.#observed(id, () => this.#execute(id, command, call));
    } finally {
      this.#running.delete(key);
    }
  }

  /** The request as this process knows it, without asking the store; null when it does not. */
  peek(id: string): Executed | null {
    const head = this.#heads.peek(this.#streamOf(id));
    return head?.state.request ? executed(head) : null;
  }

  /** Forgets what is known of streams that somebody else has deleted or truncated. */
  forget(streams: readonly string[]): void {
    for (const stream of streams) this.#heads.forget(stream);
  }

  /** The request as the store has it now; null when there is none. Throws `EventStoreUnavailableError` and `StreamTruncatedError`. */
  async load(id: string): Promise<Executed | null> {
    const head = await this.#observed(id, () => this.#heads.load(this.#streamOf(id)));
    return head.state.request ? executed(head) : null;
  }

  /**
   * The request as the store has it now, if the command would be taken on it; where it was carried out before under the same key, its first
   * answer. Appends nothing. Throws what {@link execute} throws.
   */
  async consider(id: string, command: RequestCommand, call: Call): Promise<Executed> {
    this.#log.check();
    const head = await this.#observed(id, () => this.#heads.load(this.#streamOf(id)));
    const decision = decideOnStream(head, command, call, this.#circumstances(null));
    return 'replay' in decision ? this.#answerAgain(id, decision.replay, head) : executed(head);
  }

  async #execute(id: string, command: RequestCommand, call: Call): Promise<Executed> {
    const circumstances = this.#circumstances(await this.#lapsedAttempt(id, command));
    let repeated: Remembered | null = null;
    const head = await this.#heads.decideAndAppend(
      this.#streamOf(id),
      (before) => {
        const decision = decideOnStream(before, command, call, circumstances);
        repeated = 'replay' in decision ? decision.replay : null;
        return 'replay' in decision ? { events: [], hash: before.hash, state: before.state } : decision;
      },
      { assumeNew: command.command === 'SubmitRequest' },
    );
    return repeated ? this.#answerAgain(id, repeated, head) : executed(head);
  }

  #circumstances(lapsedAttempt: number | null): Circumstances {
    return { commandId: randomUUID(), at: this.#now().toISOString(), lapsedAttempt, policy: this.#policy };
  }

  /** A command that comes after the end of a lease, and before the reaper, is decided as if the reaper had been there. */
  async #lapsedAttempt(id: string, { command }: RequestCommand): Promise<number | null> {
    if (command === 'SubmitRequest' || command === 'LoseAttempt') return null;
    const known = this.peek(id) ?? (await this.load(id));
    const live = known && liveAttempt(known.request);
    return live && (await this.#leases.markIfLapsed(id, live)) ? live.attempt : null;
  }

  /** The first answer, rebuilt from the stream. */
  async #answerAgain(id: string, { revision }: Remembered, head: Head<StreamState>): Promise<Executed> {
    const request = await replay(this.#store, this.#streamOf(id), (event) => event.revision <= revision);
    if (!request) throw new Error('A remembered append is not in its stream.');
    return { ...executed(head), request, replayed: true };
  }

  async #observed<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StreamTruncatedError) this.#onTruncated(id);
      throw error;
    }
  }

  #streamOf(id: string): string {
    return streamOf(this.#category, id);
  }
}

function executed({ state, position }: Head<StreamState>): Executed {
  if (!state.request || position === null) throw new Error('A command left no request.');
  return { request: state.request, position, replayed: false };
}
