import { v5 } from 'uuid';
import type { Decision, Fold } from '../../infrastructure/event-store/decide-and-append.ts';
import type { Actor, CommandContext, Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import { decide } from '../domain/decide.ts';
import { RequestNotFound } from '../domain/errors.ts';
import { evolve } from '../domain/evolve.ts';
import type { Request } from '../domain/request.ts';
import { sizeOfRequest } from '../domain/size.ts';
import { decodeEvent, encodeEvents, SCHEMA_VERSION } from '../events/codec.ts';
import type { IdempotencyKey, Remembered } from './idempotency.ts';
import { recall, remember } from './idempotency.ts';

/** Who calls, and what the events record of the call. */
export interface Call {
  readonly actor: Actor;
  /** Request id of the HTTP call. */
  readonly callId: string;
  readonly correlationId: string;
  /** The versions of which the request has to have one; `*` and undefined hold always. */
  readonly ifMatch?: readonly number[] | '*' | undefined;
  readonly idempotency?: IdempotencyKey | undefined;
}

/** The state of a request's stream: the request, the last link of its hash chain, and the keys of its appends. */
export interface RequestStream {
  readonly request: Request | null;
  readonly hash: string | null;
  readonly remembered: Remembered | null;
}

const PER_KEY_BYTES = 300;

export const REQUEST_STREAM: Fold<RequestStream> = {
  initial: { request: null, hash: null, remembered: null },
  fold({ request, remembered }, stored) {
    const { event, metadata } = decodeEvent(stored);
    const { hash, idempotency } = metadata;
    return {
      request: evolve(request, event),
      hash,
      remembered: idempotency ? remember(remembered, idempotency, stored.revision) : remembered,
    };
  },
  sizeOf: ({ request, remembered }) =>
    (request ? sizeOfRequest(request) : 1) + PER_KEY_BYTES * (remembered?.count ?? 0),
};

/** What comes with one decision beside the call. */
export interface Circumstances {
  /** A UUID: the id of the command's first event, from which those of the others are derived, so that a repeated append is recognised. */
  readonly commandId: string;
  readonly at: string;
  readonly lapsedAttempt: number | null;
  readonly policy: Policy;
}

/** The command was carried out before, under the same key: its answer is the request as that append left it. */
export interface Replay {
  readonly replay: Remembered;
}

/** Decides a command on a stream's state and writes down what it makes happen. Throws what the domain refuses with. */
export function decideOnStream(
  stream: RequestStream,
  command: RequestCommand,
  call: Call,
  { commandId, at, lapsedAttempt, policy }: Circumstances,
): Decision<RequestStream> | Replay {
  const { request, hash, remembered } = stream;
  const { actor, ifMatch, idempotency } = call;
  if (!request && command.command !== 'SubmitRequest') throw new RequestNotFound();
  const replay = idempotency ? recall(remembered, idempotency) : null;
  if (replay) return { replay };

  const context: CommandContext = {
    at,
    actor,
    ...(ifMatch === undefined || ifMatch === '*' ? {} : { expectedVersions: ifMatch }),
    ...(lapsedAttempt === null ? {} : { lapsedAttempt }),
  };
  const decided = decide(command, context, request, policy);
  if (decided.length === 0) return { events: [], state: stream };

  const by = actor.attempt === undefined ? {} : { attempt: actor.attempt };
  const metadata = {
    $correlationId: call.correlationId,
    $causationId: call.callId,
    principal: actor.principal,
    call_id: call.callId,
    ...by,
    ...(idempotency ? { idempotency } : {}),
    occurred_at: at,
    schema_version: SCHEMA_VERSION,
  };
  const ids = decided.map((_, i) => (i === 0 ? commandId : v5(String(i), commandId)));
  const { toAppend, hash: newHash } = encodeEvents(decided, ids, metadata, hash);
  let folded = request;
  for (const event of decided) {
    const revision = folded ? folded.version + 1 : 0;
    const request_id = folded?.id ?? (command as { id: string }).id;
    folded = evolve(folded, { ...event, request_id, revision, occurred_at: at, principal: actor.principal, ...by });
  }
  const keys = idempotency && folded ? remember(remembered, idempotency, folded.version) : remembered;
  return { events: toAppend, state: { request: folded, hash: newHash, remembered: keys } };
}
