import { EventCodec, UnknownEventType } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import { UnreadableEvent } from '../../event-sourcing/metadata.ts';
import type { Decision, Fold, Head } from '../../event-sourcing/streams.ts';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Role } from '../scopes.ts';

/** ISO 8601 in UTC with milliseconds. */
export type Instant = string;

/** What can happen to API keys. This union is a storage format: a field may be added, anything else is a new type. */
export type KeyEvent =
  | Happened<
      'ApiKeyCreated',
      { id: string; name: string; role: Role; digest: string; hint: string; expires_at: Instant | null }
    >
  /** A new secret for the same key. The old one goes on to work until `previous_valid_until`. */
  | Happened<
      'ApiKeyRotated',
      { id: string; digest: string; hint: string; expires_at: Instant | null; previous_valid_until: Instant }
    >
  | Happened<'ApiKeyRevoked', { id: string; reason: string | null }>
  /** Keys that were used since they were last noted; several at once, and not often. */
  | Happened<'ApiKeysUsed', { uses: readonly { readonly id: string; readonly at: Instant }[] }>;

interface Happened<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** A key as its events left it. */
export interface ApiKey {
  readonly id: string;
  /** The principal's name. */
  readonly name: string;
  readonly role: Role;
  readonly digest: string;
  readonly hint: string;
  readonly created_at: Instant;
  readonly created_by: string;
  readonly expires_at: Instant | null;
  readonly rotated_at: Instant | null;
  /** The secret before the last rotation. */
  readonly previous: { readonly digest: string; readonly valid_until: Instant } | null;
  readonly revoked_at: Instant | null;
  readonly revoked_by: string | null;
  readonly last_used_at: Instant | null;
}

/** What a call with an `Idempotency-Key` made. */
export interface RememberedCall {
  readonly fingerprint: string;
  readonly id: string;
}

/** All keys of an installation: one stream, so that a name is taken once, and reading one stream is all that a start needs. */
export interface KeyRegistryState {
  /** In order of creation. */
  readonly keys: ReadonlyMap<string, ApiKey>;
  readonly remembered: ReadonlyMap<string, RememberedCall>;
}

/** Keys that are over stay in the list for so long as there are not more of them than this. */
const MAX_REVOKED = 1_000;
const MAX_REMEMBERED = 1_000;

/** How the events of keys are stored. */
export const keyCodec = new EventCodec<KeyEvent>({
  ApiKeyCreated: 'ApiKeyCreated',
  ApiKeyRotated: 'ApiKeyRotated',
  ApiKeyRevoked: 'ApiKeyRevoked',
  ApiKeysUsed: 'ApiKeysUsed',
});

/** An event of a newer version of this service changes nothing that this one knows of, and what cannot be read locks nobody out. */
export const KEY_REGISTRY: Fold<KeyRegistryState> = {
  initial: { keys: new Map(), remembered: new Map() },
  fold: (state, stored) => {
    const decoded = readable(stored);
    return decoded ? foldKeyEvent(state, decoded.event, decoded.metadata) : state;
  },
  sizeOf: () => 1,
};

function readable(stored: StoredEvent) {
  try {
    return keyCodec.decode(stored);
  } catch (error) {
    if (error instanceof UnknownEventType || error instanceof UnreadableEvent) return null;
    throw error;
  }
}

/** Who caused an event of a key, and through which call. */
export interface KeyCall {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

const SCHEMA_VERSION = 1;

/** Writes down events that were decided together, and folds them. `id` is that of the first. */
export function recordKeyEvents(
  { state: before, hash }: Head<KeyRegistryState>,
  events: readonly KeyEvent[],
  { call, at, id }: { readonly call: KeyCall; readonly at: Instant; readonly id: string },
): Decision<KeyRegistryState> {
  const metadata = {
    $correlationId: call.correlationId,
    $causationId: call.callId,
    call_id: call.callId,
    principal: call.principal,
    occurred_at: at,
    schema_version: SCHEMA_VERSION,
    ...(call.idempotency ? { idempotency: call.idempotency } : {}),
  };
  const state = events.reduce((folded, event) => foldKeyEvent(folded, event, metadata), before);
  return { ...record(keyCodec, events, { id, metadata }, hash), state };
}

type Circumstances = Pick<EventMetadata, 'principal' | 'occurred_at' | 'idempotency'>;

function foldKeyEvent(state: KeyRegistryState, event: KeyEvent, circumstances: Circumstances): KeyRegistryState {
  const keys = new Map(state.keys);
  for (const changed of changedKeys(keys, event, circumstances)) keys.set(changed.id, changed);
  forgetOldest(keys);
  const { idempotency } = circumstances;
  if (!idempotency || !('id' in event.data)) return { keys, remembered: state.remembered };
  const remembered = new Map(state.remembered);
  remembered.set(idempotency.key, { fingerprint: idempotency.fingerprint, id: event.data.id });
  for (const [oldest] of remembered) {
    if (remembered.size <= MAX_REMEMBERED) break;
    remembered.delete(oldest);
  }
  return { keys, remembered };
}

function changedKeys(
  keys: ReadonlyMap<string, ApiKey>,
  event: KeyEvent,
  { principal, occurred_at }: Circumstances,
): readonly ApiKey[] {
  if (event.type === 'ApiKeyCreated') {
    return [
      {
        ...event.data,
        created_at: occurred_at,
        created_by: principal,
        rotated_at: null,
        previous: null,
        revoked_at: null,
        revoked_by: null,
        last_used_at: null,
      },
    ];
  }
  if (event.type === 'ApiKeysUsed') {
    return event.data.uses.flatMap(({ id, at }) => {
      const key = keys.get(id);
      return key && at > (key.last_used_at ?? '') ? [{ ...key, last_used_at: at }] : [];
    });
  }
  const key = keys.get(event.data.id);
  if (!key) return [];
  if (event.type === 'ApiKeyRotated') {
    const { digest, hint, expires_at, previous_valid_until } = event.data;
    const previous = { digest: key.digest, valid_until: previous_valid_until };
    return [{ ...key, digest, hint, expires_at, rotated_at: occurred_at, previous }];
  }
  return [{ ...key, revoked_at: occurred_at, revoked_by: principal }];
}

function forgetOldest(keys: Map<string, ApiKey>): void {
  if (keys.size <= MAX_REVOKED) return;
  const revoked = [...keys.values()].filter(({ revoked_at }) => revoked_at !== null);
  for (const { id } of revoked.slice(0, Math.max(0, revoked.length - MAX_REVOKED))) keys.delete(id);
}

/** The stream of all keys. The colon is in no configured category, so it is nobody's category but ours. */
export function keyStreamOf(category: string): string {
  return `${category}:api_keys-all`;
}
