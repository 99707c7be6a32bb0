import { randomUUID } from 'node:crypto';
import { UnknownEventType, UnreadableEvent } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { IdempotencyKeyReused, StillRunning } from '../../event-sourcing/idempotency.ts';
import type { UnhashedMetadata } from '../../event-sourcing/metadata.ts';
import type { Fold } from '../../event-sourcing/streams.ts';
import { StreamHeads } from '../../event-sourcing/streams.ts';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { timeOrderedId } from '../../infrastructure/time-ordered-id.ts';
import type { ActionName, AuditEvent, Details } from './audit-events.ts';
import { auditCodec, operatorStreamOf } from './audit-events.ts';
import type { PolicyInForce } from './policy.ts';
import { policyVersionOf } from './policy.ts';

export interface Action {
  readonly name: ActionName;
  /** What is acted on, such as the name of a projection; null for the whole log. */
  readonly target: string | null;
  readonly reason?: string | null | undefined;
  readonly parameters?: Details;
}

/** The call that asks for an action. */
export interface OperatorCall {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly scopes?: readonly string[];
  readonly client?: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

/** An action that is recorded as requested. Plain data, so that another process can record its end. */
export interface BegunAction {
  readonly id: string;
  readonly name: ActionName;
  readonly target: string | null;
  readonly call: Omit<OperatorCall, 'idempotency'>;
  readonly begunAt: string;
}

export type Ended = { readonly result: Details } | { readonly error: unknown };

/** Limits of parameters and results; what is beyond them is cut off. */
const MAX_DETAILS = 32;
const MAX_TEXT = 1_000;
const MAX_REASON = 4_000;
/** How many of the latest events are searched for an `Idempotency-Key`. */
const MAX_RECALLED = 1_000;
const SCHEMA_VERSION = 1;

/** Only the hash of the last event is needed to append. */
const NOTHING: Fold<null> = { initial: null, fold: () => null, sizeOf: () => 1 };

/** Records the actions of operators, in one stream beside those of requests. */
export class AuditTrail {
  readonly #store: EventStore;
  readonly #heads: StreamHeads<null>;
  readonly #stream: string;
  readonly #logger: Logger;
  readonly #nowMs: () => number;

  constructor(
    store: EventStore,
    { category, logger, nowMs }: { readonly category: string; readonly logger: Logger; readonly nowMs: () => number },
  ) {
    this.#store = store;
    this.#heads = new StreamHeads(store, NOTHING, { maxBytes: 1, needs: 'last-event' });
    this.#stream = operatorStreamOf(category);
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /**
   * Performs an action and records it. Before it: who asks for what, why, and with which parameters; without this event nothing is done.
   * After it: its result, or the code of the error that `perform` threw, which is rethrown. An action whose end is not recorded was cut
   * off, or the event store failed meanwhile. Refuse senseless calls (404, 409) before. Neither parameters nor result may hold a text of a
   * request; what exceeds 32 members or 1,000 characters is cut off.
   *
   * A call that repeats an `Idempotency-Key` performs nothing and gets the recorded result.
   *
   * @throws IdempotencyKeyReused, and StillRunning while the first call with this key has no result
   * @throws EventStoreUnavailableError when the request for it cannot be recorded
   */
  async perform<Result extends Details>(
    action: Action,
    call: OperatorCall,
    perform: (id: string) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly replayed: boolean }> {
    const earlier = await this.recall(call);
    if (earlier) {
      if (!earlier.result) throw new StillRunning();
      return { result: earlier.result as Result, replayed: true };
    }
    const begun = await this.begin(action, call);
    try {
      const result = await perform(begun.id);
      await this.#endQuietly(begun, { result });
      return { result, replayed: false };
    } catch (error) {
      await this.#endQuietly(begun, { error });
      throw error;
    }
  }

  /** As {@link perform}, for an action that ends later, perhaps in another process, with {@link end}. Throws what `perform` throws. */
  async begin({ name, target, reason = null, parameters = {} }: Action, call: OperatorCall): Promise<BegunAction> {
    const id = timeOrderedId();
    const begunAt = new Date(this.#nowMs()).toISOString();
    const { idempotency, ...who } = call;
    const data = {
      action_id: id,
      target,
      reason: reason && cut(reason, MAX_REASON),
      parameters: bounded(parameters),
    };
    await this.#append({ type: `${name}Requested`, data }, id, {
      ...about(who),
      $causationId: call.callId,
      ...(idempotency ? { idempotency } : {}),
      occurred_at: begunAt,
    });
    return { id, name, target, call: who, begunAt };
  }

  /** Records how an action ended, unless that is recorded. Throws `EventStoreUnavailableError`. */
  async end(begun: BegunAction, ended: Ended): Promise<void> {
    const isRecorded = (await this.#latest()).some(({ event }) => isEndOf(begun.id, event));
    if (!isRecorded) await this.#end(begun, ended);
  }

  /**
   * The action that was begun with the call's `Idempotency-Key`, and its result if it has one; null for a new key, and after a failure.
   * Throws `IdempotencyKeyReused`.
   */
  async recall({
    idempotency,
  }: OperatorCall): Promise<{ readonly id: string; readonly result: Details | null } | null> {
    if (!idempotency) return null;
    const latest = await this.#latest();
    const first = latest.findLast(({ metadata }) => metadata.idempotency?.key === idempotency.key);
    if (!first) return null;
    if (first.metadata.idempotency?.fingerprint !== idempotency.fingerprint) throw new IdempotencyKeyReused();
    if (!('action_id' in first.event.data)) return null;
    const id = first.event.data.action_id;
    const end = latest.find(({ event }) => isEndOf(id, event))?.event.data;
    if (end && 'code' in end) return null;
    return { id, result: end && 'result' in end ? end.result : null };
  }

  async #endQuietly(begun: BegunAction, ended: Ended): Promise<void> {
    try {
      await this.#end(begun, ended);
    } catch (error) {
      this.#logger.error({ err: error, action: begun.id }, 'the end of an action could not be recorded');
    }
  }

  async #end({ id, name, target, call, begunAt }: BegunAction, ended: Ended): Promise<void> {
    const nowMs = this.#nowMs();
    const data = { action_id: id, target, duration_ms: Math.max(0, nowMs - Date.parse(begunAt)) };
    const event: AuditEvent =
      'result' in ended
        ? { type: `${name}Finished`, data: { ...data, result: bounded(ended.result) } }
        : { type: `${name}Failed`, data: { ...data, code: codeOf(ended.error) } };
    await this.#append(event, randomUUID(), {
      ...about(call),
      $causationId: id,
      occurred_at: new Date(nowMs).toISOString(),
    });
  }

  /**
   * Records the policy in force, unless it is the latest that is recorded, so that auditors find what `policy` of an event's metadata names.
   * Throws `EventStoreUnavailableError`.
   */
  async notePolicy(policy: PolicyInForce): Promise<void> {
    const version = policyVersionOf(policy);
    const noted = (await this.#latest()).map(({ event }) => event).findLast(({ type }) => type === 'PolicyRecorded');
    if (noted?.type === 'PolicyRecorded' && noted.data.version === version) return;
    const id = timeOrderedId();
    const occurred_at = new Date(this.#nowMs()).toISOString();
    const cause = { $correlationId: id, $causationId: id };
    await this.#append({ type: 'PolicyRecorded', data: { version, policy } }, id, {
      ...cause,
      principal: 'system',
      occurred_at,
    });
  }

  /** The latest events of the stream. */
  async #latest() {
    const { revision } = await this.#heads.load(this.#stream);
    const latest = [];
    for (let from = Math.max(0, revision + 1 - MAX_RECALLED); ;) {
      const { events, atEnd } = await this.#store.readStream({ stream: this.#stream, from, maxCount: MAX_RECALLED });
      latest.push(...events.flatMap(readable));
      const last = events.at(-1);
      if (atEnd || !last) return latest;
      from = last.revision + 1;
    }
  }

  async #append(event: AuditEvent, id: string, metadata: Omit<UnhashedMetadata, 'schema_version'>): Promise<void> {
    await this.#heads.decideAndAppend(this.#stream, ({ hash }) => ({
      ...record(auditCodec, [event], { id, metadata: { ...metadata, schema_version: SCHEMA_VERSION } }, hash),
      state: null,
    }));
  }
}

function about({ principal, callId, correlationId, scopes, client }: BegunAction['call']) {
  return {
    principal,
    $correlationId: correlationId,
    call_id: callId,
    ...(scopes ? { scopes } : {}),
    ...(client === undefined ? {} : { client }),
  };
}

function isEndOf(id: string, { data }: AuditEvent): boolean {
  return 'duration_ms' in data && data.action_id === id;
}

/** Decodes an event; empty for one that is foreign, unreadable, or of a newer version. */
function readable(stored: StoredEvent) {
  try {
    return [auditCodec.decode(stored)];
  } catch (error) {
    if (error instanceof UnknownEventType || error instanceof UnreadableEvent) return [];
    throw error;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'internal-error';
}

function bounded(details: Details): Details {
  const kept = Object.entries(details).slice(0, MAX_DETAILS);
  return Object.fromEntries(
    kept.map(([name, value]) => [name, typeof value === 'string' ? cut(value, MAX_TEXT) : value]),
  );
}

function cut(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed();
}
