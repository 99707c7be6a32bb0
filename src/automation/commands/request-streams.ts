import { randomUUID } from 'node:crypto';
import type { Remembered } from '../../event-sourcing/idempotency.ts';
import { StillRunning } from '../../event-sourcing/idempotency.ts';
import type { Head } from '../../event-sourcing/streams.ts';
import { StreamHeads, streamOf } from '../../event-sourcing/streams.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import type { Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import type { Attempt, Request } from '../domain/request.ts';
import { liveAttempt } from '../domain/request.ts';
import { replay } from '../events/replay.ts';
import type { Call, Circumstances, StreamState } from './decide-on-stream.ts';
import { decideOnStream, STREAM_FOLD } from './decide-on-stream.ts';

/** The request after a command, and the log position of its last event. */
export interface Executed {
  readonly request: Request;
  readonly position: bigint;
  /** The command was already executed with the same idempotency key: the request is as it was then. */
  readonly replayed: boolean;
}

/** Tells which leases have expired. Leases are kept outside the log. */
export interface LapseCheck {
  /** Whether this attempt's lease has expired. If so, it can no longer be renewed. */
  markIfLapsed(requestId: string, attempt: Attempt): Promise<boolean>;
}

/** Checks that the connected log is the one the database belongs to. Throws `ForeignLogError`. */
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
  readonly #nowMs: () => number;
  readonly #leases: LapseCheck;
  readonly #log: LogCheck;
  readonly #onTruncated: (id: string) => void;
  readonly #isOnlyWriter: boolean;
  /** Idempotency keys of calls in progress in this process. */
  readonly #running = new Set<string>();

  constructor(
    store: EventStore,
    options: {
      category: string;
      policy: Policy;
      nowMs: () => number;
      leases: LapseCheck;
      log: LogCheck;
      /** Called when part of a request's history turns out to be missing. */
      onTruncated: (id: string) => void;
      /** Whether no other process can append to the log. */
      isOnlyWriter: boolean;
    },
  ) {
    this.#store = store;
    this.#heads = new StreamHeads(store, STREAM_FOLD, { maxBytes: CACHE_BYTES, needs: 'whole' });
    this.#category = options.category;
    this.#policy = options.policy;
    this.#nowMs = options.nowMs;
    this.#leases = options.leases;
    this.#log = options.log;
    this.#onTruncated = options.onTruncated;
    this.#isOnlyWriter = options.isOnlyWriter;
  }

  /** Position of the newest event appended by this process. */
  get lastAppended(): bigint | null {
    return this.#heads.lastAppended;
  }

  /**
   * Decides a command on the request's stream and appends all of its events, or none. If its idempotency key has already made an append,
   * returns that answer instead. Throws the domain's refusals, `IdempotencyKeyReused`, `StillRunning`, `ConflictError`,
   * `StreamTruncatedError`, `ForeignLogError` and the errors of `EventStore.append`.
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

  /** The request as cached in this process, without asking the store. Null if it is not cached. */
  peek(id: string): Executed | null {
    const head = this.#heads.peek(this.#streamOf(id));
    return head?.state.request ? executed(head) : null;
  }

  /** The request as it is now, if that is certain without asking the store or the read model; otherwise null. */
  latest(id: string): Request | null {
    return this.#settled(id)?.state.request ?? null;
  }

  /** Evicts streams that somebody else has deleted or truncated from the cache. */
  forget(streams: readonly string[]): void {
    for (const stream of streams) this.#heads.forget(stream);
  }

  /** The current request from the store, or null if there is none. Throws `EventStoreUnavailableError` and `StreamTruncatedError`. */
  async load(id: string): Promise<Executed | null> {
    const head = await this.#observed(id, () => this.#heads.load(this.#streamOf(id)));
    return head.state.request ? executed(head) : null;
  }

  /**
   * A dry run of {@link execute}: returns the current request if the command would be accepted, or the first answer if it was already
   * executed with the same key. Appends nothing; `changes` tells whether {@link execute} would. Throws what {@link execute} throws.
   */
  async consider(id: string, command: RequestCommand, call: Call): Promise<Executed & { readonly changes: boolean }> {
    this.#log.check();
    const head = this.#settled(id) ?? (await this.#observed(id, () => this.#heads.load(this.#streamOf(id))));
    const decision = decideOnStream(head, command, call, this.#circumstances(null));
    if ('replay' in decision) return { ...(await this.#answerAgain(id, decision.replay, head)), changes: false };
    return { ...executed(head), changes: decision.events.length > 0 };
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

  #settled(id: string): Head<StreamState> | undefined {
    return this.#isOnlyWriter ? this.#heads.settled(this.#streamOf(id)) : undefined;
  }

  #circumstances(lapsedAttempt: number | null): Circumstances {
    return { commandId: randomUUID(), at: new Date(this.#nowMs()).toISOString(), lapsedAttempt, policy: this.#policy };
  }

  /** If a lease expired but the reaper has not acted yet, the command is decided as if it had. */
  async #lapsedAttempt(id: string, { command }: RequestCommand): Promise<number | null> {
    if (command === 'SubmitRequest' || command === 'LoseAttempt') return null;
    const known = this.peek(id) ?? (await this.load(id));
    const live = known && liveAttempt(known.request);
    return live && (await this.#leases.markIfLapsed(id, live)) ? live.attempt : null;
  }

  /** Rebuilds the first answer from the stream. */
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
