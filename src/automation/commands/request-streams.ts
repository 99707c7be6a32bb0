import { v5, v7 } from 'uuid';
import type { Decision, Fold, Head } from '../../infrastructure/event-store/decide-and-append.ts';
import { StreamHeads } from '../../infrastructure/event-store/decide-and-append.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import type { Actor, Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import { decide } from '../domain/decide.ts';
import { evolve } from '../domain/evolve.ts';
import type { Attempt, Request } from '../domain/request.ts';
import { liveAttempt } from '../domain/request.ts';
import { sizeOfRequest } from '../domain/size.ts';
import { decodeEvent, encodeEvents, SCHEMA_VERSION, streamOf } from '../events/codec.ts';

/** Who calls, and what the events record of the call. */
export interface Call {
  readonly actor: Actor;
  /** Request id of the HTTP call. */
  readonly callId: string;
  readonly correlationId: string;
  /** The version the caller has seen; `*` and undefined hold always. */
  readonly ifMatch?: number | '*' | undefined;
}

/** The request as a command left it, and where in the log its last event stands. */
export interface Executed {
  readonly request: Request;
  readonly position: bigint;
}

/** Knows which leases have run out; they are kept outside the log. */
export interface LapseCheck {
  hasLapsed(requestId: string, attempt: Attempt): Promise<boolean>;
}

/** The state of a request's stream: the request, and the last link of its hash chain. */
interface RequestStream {
  readonly request: Request | null;
  readonly hash: string | null;
}

const FOLD: Fold<RequestStream> = {
  initial: { request: null, hash: null },
  fold({ request }, stored) {
    const { event, metadata } = decodeEvent(stored);
    return { request: evolve(request, event), hash: metadata.hash };
  },
  sizeOf: ({ request }) => (request ? sizeOfRequest(request) : 1),
};

const CACHE_BYTES = 32 * 1024 * 1024;

/** The write side of requests: one command, one decision, one append. */
export class RequestStreams {
  readonly #heads: StreamHeads<RequestStream>;
  readonly #category: string;
  readonly #policy: Policy;
  readonly #now: () => Date;
  readonly #leases: LapseCheck;

  constructor(store: EventStore, options: { category: string; policy: Policy; now: () => Date; leases: LapseCheck }) {
    this.#heads = new StreamHeads(store, FOLD, { maxBytes: CACHE_BYTES });
    this.#category = options.category;
    this.#policy = options.policy;
    this.#now = options.now;
    this.#leases = options.leases;
  }

  /** Position of the newest event that this process has appended. */
  get lastAppended(): bigint | null {
    return this.#heads.lastAppended;
  }

  /**
   * Decides a command on the request's stream and appends what it makes happen, all of it or nothing. Throws what the domain refuses
   * with, `ConflictError`, and the errors of `EventStore.append`.
   */
  async execute(id: string, command: RequestCommand, call: Call): Promise<Executed> {
    const commandId = v7();
    const at = this.#now().toISOString();
    const lapsedAttempt = await this.#lapsedAttempt(id, command);
    const head = await this.#heads.decideAndAppend(
      streamOf(this.#category, id),
      (known) => this.#decide(known.state, command, call, { commandId, at, lapsedAttempt }),
      { assumeNew: command.command === 'SubmitRequest' },
    );
    return this.#executed(head);
  }

  /** The request as this process knows it, without asking the store; null when it does not. */
  peek(id: string): Executed | null {
    const head = this.#heads.peek(streamOf(this.#category, id));
    return head?.state.request ? this.#executed(head) : null;
  }

  /** The request as the store has it now; null when there is none. Throws `EventStoreUnavailableError`. */
  async load(id: string): Promise<Executed | null> {
    const head = await this.#heads.load(streamOf(this.#category, id));
    return head.state.request ? this.#executed(head) : null;
  }

  /** A command that comes after the end of a lease, and before the reaper, is decided as if the reaper had been there. */
  async #lapsedAttempt(id: string, { command }: RequestCommand): Promise<number | null> {
    if (command === 'SubmitRequest' || command === 'LoseAttempt') return null;
    const known = this.peek(id) ?? (await this.load(id));
    const live = known && liveAttempt(known.request);
    return live && (await this.#leases.hasLapsed(id, live)) ? live.attempt : null;
  }

  #executed({ state, position }: Head<RequestStream>): Executed {
    if (!state.request || position === null) throw new Error('A command left no request.');
    return { request: state.request, position };
  }

  #decide(
    { request, hash }: RequestStream,
    command: RequestCommand,
    { actor, callId, correlationId, ifMatch }: Call,
    { commandId, at, lapsedAttempt }: { commandId: string; at: string; lapsedAttempt: number | null },
  ): Decision<RequestStream> {
    const context = {
      at,
      actor,
      ...(typeof ifMatch === 'number' ? { expectedVersion: ifMatch } : {}),
      ...(lapsedAttempt === null ? {} : { lapsedAttempt }),
    };
    const decided = decide(command, context, request, this.#policy);
    if (decided.length === 0) return { events: [], state: { request, hash } };
    const ids = decided.map((_, i) => v5(String(i), commandId));
    const { toAppend, hash: newHash } = encodeEvents(
      decided,
      ids,
      {
        $correlationId: correlationId,
        $causationId: callId,
        principal: actor.principal,
        call_id: callId,
        ...(actor.attempt === undefined ? {} : { attempt: actor.attempt }),
        occurred_at: at,
        schema_version: SCHEMA_VERSION,
      },
      hash,
    );
    let folded = request;
    for (const event of decided) {
      const revision = folded ? folded.version + 1 : 0;
      const request_id = folded?.id ?? (command as { id: string }).id;
      const by = actor.attempt === undefined ? {} : { attempt: actor.attempt };
      folded = evolve(folded, { ...event, request_id, revision, occurred_at: at, principal: actor.principal, ...by });
    }
    return { events: toAppend, state: { request: folded, hash: newHash } };
  }
}
