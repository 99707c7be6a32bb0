import { v5 } from 'uuid';
import type { Decision, Fold } from '../../infrastructure/event-store/decide-and-append.ts';
import type { Actor, CommandContext, Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import { decide } from '../domain/decide.ts';
import { AttemptBudget, RequestNotFound } from '../domain/errors.ts';
import { evolve } from '../domain/evolve.ts';
import type { Request } from '../domain/request.ts';
import { sizeOfRequest } from '../domain/size.ts';
import { decodeEvent, encodeEvents, SCHEMA_VERSION } from '../events/codec.ts';
import type { RequestEvent } from '../events/events.ts';
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
  /** What was appended last by an attempt's tokens, and how much by that attempt altogether. */
  readonly written: { readonly attempt: number; readonly bytes: number } | null;
}

/** Of events, data and metadata, that one attempt may append by its tokens. */
const MAX_BYTES_PER_ATTEMPT = 16 * 1024 * 1024;

const PER_KEY_BYTES = 300;

export const REQUEST_STREAM: Fold<RequestStream> = {
  initial: { request: null, hash: null, remembered: null, written: null },
  fold({ request, remembered, written }, stored) {
    const { event, metadata } = decodeEvent(stored);
    const { hash, idempotency, attempt } = metadata;
    return {
      request: evolve(request, event),
      hash,
      remembered: idempotency ? remember(remembered, idempotency, stored.revision) : remembered,
      written: writtenAfter(written, attempt, [stored]),
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
  const { request, hash, remembered, written } = stream;
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
  const writtenNow = writtenAfter(written, actor.attempt, toAppend);
  const isBounded = command.command === 'ReviseRequest' || command.command === 'ChangeStatus';
  if (isBounded && actor.attempt !== undefined && (writtenNow?.bytes ?? 0) > MAX_BYTES_PER_ATTEMPT) {
    refuseBeyondBudget(command, decided);
  }
  let folded = request;
  for (const event of decided) {
    const revision = folded ? folded.version + 1 : 0;
    const request_id = folded?.id ?? (command as { id: string }).id;
    folded = evolve(folded, { ...event, request_id, revision, occurred_at: at, principal: actor.principal, ...by });
  }
  const keys = idempotency && folded ? remember(remembered, idempotency, folded.version) : remembered;
  return { events: toAppend, state: { request: folded, hash: newHash, remembered: keys, written: writtenNow } };
}

function writtenAfter(
  written: RequestStream['written'],
  attempt: number | undefined,
  events: readonly { readonly data: string; readonly metadata: string }[],
): RequestStream['written'] {
  if (attempt === undefined) return written;
  const bytes = events.reduce((sum, it) => sum + Buffer.byteLength(it.data) + Buffer.byteLength(it.metadata), 0);
  return { attempt, bytes: bytes + (written?.attempt === attempt ? written.bytes : 0) };
}

/**
 * Whatever an attempt has written, it can still say where it stands: a change of status passes, with the few words it may have where
 * only those can come with it.
 */
function refuseBeyondBudget(command: RequestCommand, decided: readonly RequestEvent[]): void {
  const moves = decided.filter((event) => !SAYS_MORE.has(event.type));
  if (moves.length > 0 && (command.command === 'ChangeStatus' || moves.length === decided.length)) return;
  throw new AttemptBudget(MAX_BYTES_PER_ATTEMPT);
}

const SAYS_MORE: ReadonlySet<RequestEvent['type']> = new Set([
  'RequestDetailsRevised',
  'PhaseNoted',
  'SessionAttached',
  'PlanAttached',
  'MilestonesPlanned',
  'MilestoneStatusChanged',
  'PullRequestOpened',
  'TestResultsRecorded',
  'ErrorNoted',
  'FieldsCleared',
  'BlockRevised',
]);
