import type { IdempotencyKey, Remembered } from '../../event-sourcing/idempotency.ts';
import { recall, remember } from '../../event-sourcing/idempotency.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { Decision, Fold, Head } from '../../event-sourcing/streams.ts';
import type { Actor, CommandContext, Policy } from '../domain/command.ts';
import type { RequestCommand } from '../domain/decide.ts';
import { decide } from '../domain/decide.ts';
import { AttemptBudget, RequestNotFound } from '../domain/errors.ts';
import { evolve, sizeOfRequest } from '../domain/evolve.ts';
import type { Request } from '../domain/request.ts';
import { decodeEvent, requestCodec, SCHEMA_VERSION } from '../events/codec.ts';
import type { RequestEvent } from '../domain/events.ts';

/** The caller, and what events record about the call. */
export interface Call {
  readonly actor: Actor;
  /** Id of the HTTP call. */
  readonly callId: string;
  readonly correlationId: string;
  /** Scopes of the credential, or the kind of token. Absent for the service's own commands. */
  readonly scopes?: readonly string[];
  /** The program that made the call. */
  readonly client?: string;
  /** Versions from `If-Match`, one of which the request must have. `*` and undefined match any version. */
  readonly ifMatch?: readonly number[] | '*' | undefined;
  readonly idempotency?: IdempotencyKey | undefined;
}

/** The fold of a request's stream: the request, its idempotency keys, and how much its attempt has written. */
export interface StreamState {
  readonly request: Request | null;
  readonly remembered: Remembered | null;
  /** The attempt whose token appended last, and the bytes appended by that attempt in total. */
  readonly written: { readonly attempt: number; readonly bytes: number } | null;
}

/** Limit on the data and metadata that one attempt's tokens may append. */
const MAX_BYTES_PER_ATTEMPT = 16 * 1024 * 1024;

const PER_KEY_BYTES = 300;

export const STREAM_FOLD: Fold<StreamState> = {
  initial: { request: null, remembered: null, written: null },
  fold({ request, remembered, written }, stored) {
    const { event, metadata } = decodeEvent(stored);
    const { idempotency, attempt } = metadata;
    return {
      request: evolve(request, event),
      remembered: idempotency ? remember(remembered, idempotency, stored.revision) : remembered,
      written: writtenAfter(written, attempt, [stored]),
    };
  },
  sizeOf: ({ request, remembered }) =>
    (request ? sizeOfRequest(request) : 1) + PER_KEY_BYTES * (remembered?.count ?? 0),
};

/** Inputs of one decision besides the call. */
export interface Circumstances {
  /** UUID of the command's first event. */
  readonly commandId: string;
  readonly at: string;
  readonly lapsedAttempt: number | null;
  readonly policy: Policy;
}

/** The command was already executed with the same idempotency key: the answer is the request as that append left it. */
export interface Replay {
  readonly replay: Remembered;
}

/**
 * Decides a command on the state of a stream and encodes the resulting events. Throws the domain's refusals, `AttemptBudget` and
 * `IdempotencyKeyReused`.
 */
export function decideOnStream(
  { state: stream, hash }: Pick<Head<StreamState>, 'state' | 'hash'>,
  command: RequestCommand,
  call: Call,
  { commandId, at, lapsedAttempt, policy }: Circumstances,
): Decision<StreamState> | Replay {
  const { actor, ifMatch, idempotency } = call;
  if (!stream.request && command.command !== 'SubmitRequest') throw new RequestNotFound();
  const replay = idempotency ? recall(stream.remembered, idempotency) : null;
  if (replay) return { replay };

  const context: CommandContext = {
    at,
    actor,
    ...(ifMatch === undefined || ifMatch === '*' ? {} : { expectedVersions: ifMatch }),
    ...(lapsedAttempt === null ? {} : { lapsedAttempt }),
  };
  const decided = decide(command, context, stream.request, policy);
  if (decided.events.length === 0) return { events: [], hash, state: stream };

  const metadata = {
    $correlationId: call.correlationId,
    $causationId: call.callId,
    principal: actor.principal,
    call_id: call.callId,
    ...(call.scopes ? { scopes: call.scopes } : {}),
    ...(call.client === undefined ? {} : { client: call.client }),
    ...(policy.version === undefined ? {} : { policy: policy.version }),
    ...(actor.attempt === undefined ? {} : { attempt: actor.attempt }),
    ...(idempotency ? { idempotency } : {}),
    occurred_at: at,
    schema_version: SCHEMA_VERSION,
  };
  const recorded = record(requestCodec, decided.events, { id: commandId, metadata }, hash);
  const written = writtenAfter(stream.written, actor.attempt, recorded.events);
  const isBounded = command.command === 'ReviseRequest' || command.command === 'ChangeStatus';
  if (isBounded && actor.attempt !== undefined && (written?.bytes ?? 0) > MAX_BYTES_PER_ATTEMPT) {
    refuseBeyondBudget(command, decided.events);
  }
  const { state: request } = decided;
  const remembered = idempotency ? remember(stream.remembered, idempotency, request.version) : stream.remembered;
  return { ...recorded, state: { request, remembered, written } };
}

function writtenAfter(
  written: StreamState['written'],
  attempt: number | undefined,
  events: readonly { readonly data: string; readonly metadata: string }[],
): StreamState['written'] {
  if (attempt === undefined) return written;
  const bytes = events.reduce((sum, it) => sum + Buffer.byteLength(it.data) + Buffer.byteLength(it.metadata), 0);
  return { attempt, bytes: bytes + (written?.attempt === attempt ? written.bytes : 0) };
}

/**
 * Throws {@link AttemptBudget}, except for a change of status: an attempt can always say where it stands. Other fields may come along only
 * in `ChangeStatus`, where they are short.
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
