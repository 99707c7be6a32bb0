import { randomUUID } from 'node:crypto';
import { UnknownEventType } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { IdempotencyKeyReused, StillRunning } from '../../event-sourcing/idempotency.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import { UnreadableEvent } from '../../event-sourcing/metadata.ts';
import type { Fold } from '../../event-sourcing/streams.ts';
import { StreamHeads } from '../../event-sourcing/streams.ts';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { timeOrderedId } from '../../infrastructure/time-ordered-id.ts';
import type { ActionName, AuditEvent, Details } from './audit-events.ts';
import { auditCodec, operatorStreamOf } from './audit-events.ts';

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
  readonly idempotency?: IdempotencyKey | undefined;
}

/** An action that is recorded as requested. Both methods record how it ended and never throw: a failure is logged. */
export interface BegunAction {
  readonly id: string;
  finished(result: Details): Promise<void>;
  failed(error: unknown): Promise<void>;
}

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
      await begun.finished(result);
      return { result, replayed: false };
    } catch (error) {
      await begun.failed(error);
      throw error;
    }
  }

  /** As {@link perform}, for actions that end later: records the request, and leaves it to the caller to record how it ended. */
  async begin(action: Action, call: OperatorCall): Promise<BegunAction> {
    const { name, target, reason = null, parameters = {} } = action;
    const id = timeOrderedId();
    const data = { action_id: id, target, reason: reason && cut(reason, MAX_REASON), parameters: bounded(parameters) };
    const about = { principal: call.principal, $correlationId: call.correlationId, call_id: call.callId };
    await this.#append({ type: `${name}Requested`, data }, id, {
      ...about,
      $causationId: call.callId,
      ...(call.idempotency ? { idempotency: call.idempotency } : {}),
    });
    const begunAt = performance.now();
    const end = async (
      event: (outcome: { action_id: string; target: string | null; duration_ms: number }) => AuditEvent,
    ) => {
      const duration_ms = Math.round(performance.now() - begunAt);
      await this.#appendOutcome(event({ action_id: id, target, duration_ms }), { ...about, $causationId: id });
    };
    return {
      id,
      finished: (result) =>
        end((outcome) => ({ type: `${name}Finished`, data: { ...outcome, result: bounded(result) } })),
      failed: (error) => end((outcome) => ({ type: `${name}Failed`, data: { ...outcome, code: codeOf(error) } })),
    };
  }

  /**
   * The action that was begun with the call's `Idempotency-Key`, and its result if it has one; null for a new key. Throws
   * `IdempotencyKeyReused`.
   */
  async recall({
    idempotency,
  }: OperatorCall): Promise<{ readonly id: string; readonly result: Details | null } | null> {
    if (!idempotency) return null;
    const { revision } = await this.#heads.load(this.#stream);
    const from = Math.max(0, revision + 1 - MAX_RECALLED);
    const { events } = await this.#store.readStream({ stream: this.#stream, from, maxCount: MAX_RECALLED });
    const decoded = events.flatMap(readable);
    const first = decoded.find(({ metadata }) => metadata.idempotency?.key === idempotency.key);
    if (!first) return null;
    if (first.metadata.idempotency?.fingerprint !== idempotency.fingerprint) throw new IdempotencyKeyReused();
    const id = first.event.data.action_id;
    const results = decoded.flatMap(({ event: { data } }) =>
      'result' in data && data.action_id === id ? [data.result] : [],
    );
    return { id, result: results[0] ?? null };
  }

  async #appendOutcome(event: AuditEvent, about: About): Promise<void> {
    try {
      await this.#append(event, randomUUID(), about);
    } catch (error) {
      this.#logger.error(
        { err: error, action: event.data.action_id },
        'the outcome of an action could not be recorded',
      );
    }
  }

  async #append(event: AuditEvent, id: string, about: About): Promise<void> {
    const metadata = { ...about, occurred_at: new Date(this.#nowMs()).toISOString(), schema_version: SCHEMA_VERSION };
    await this.#heads.decideAndAppend(this.#stream, ({ hash }) => ({
      ...record(auditCodec, [event], { id, metadata }, hash),
      state: null,
    }));
  }
}

type About = Pick<EventMetadata, '$correlationId' | '$causationId' | 'principal' | 'call_id' | 'idempotency'>;

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
