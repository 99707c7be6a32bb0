import { EventCodec, UnknownEventType, UnreadableEvent } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import type { Decision, Fold, Head } from '../../event-sourcing/streams.ts';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Role } from '../scopes.ts';

/** ISO 8601 in UTC with milliseconds. */
export type Instant = string;

/** Events of API keys. This union is a storage format: fields may be added; any other change needs a new type. */
export type KeyEvent =
  | Happened<
      'ApiKeyCreated',
      { id: string; name: string; role: Role; digest: string; hint: string; expires_at: Instant | null }
    >
  /** A new secret for a key. The old one stays valid until `previous_valid_until`. */
  | Happened<
      'ApiKeyRotated',
      { id: string; digest: string; hint: string; expires_at: Instant | null; previous_valid_until: Instant }
    >
  | Happened<'ApiKeyRevoked', { id: string; reason: string | null }>
  /** Last use of keys since the previous such event. Written rarely, for several keys at once. */
  | Happened<'ApiKeysUsed', { uses: readonly { readonly id: string; readonly at: Instant }[] }>;

interface Happened<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** The current state of a key. */
export interface ApiKey {
  readonly id: string;
  /** The principal's name. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret, in lower-case hex. */
  readonly digest: string;
  /** First characters of the secret. */
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

/** Result of a call with an `Idempotency-Key`: the id of the key it created or changed. */
export interface RememberedCall {
  readonly fingerprint: string;
  readonly id: string;
}

/** All keys of an installation. They share one stream, so that names are unique and a start reads only one stream. */
export interface KeyRegistryState {
  /** In order of creation. */
  readonly keys: ReadonlyMap<string, ApiKey>;
  readonly remembered: ReadonlyMap<string, RememberedCall>;
}

/** Maximum number of revoked keys to keep. The oldest are dropped beyond it. */
const MAX_REVOKED = 1_000;
const MAX_REMEMBERED = 1_000;

/** How the events of keys are stored. */
export const keyCodec = new EventCodec<KeyEvent>({
  ApiKeyCreated: 'ApiKeyCreated',
  ApiKeyRotated: 'ApiKeyRotated',
  ApiKeyRevoked: 'ApiKeyRevoked',
  ApiKeysUsed: 'ApiKeysUsed',
});

/** Folds key events. Unreadable events and those of newer versions are ignored, so that they lock nobody out. */
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

/** The call that caused an event. */
export interface KeyCall {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly scopes?: readonly string[];
  readonly client?: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

const SCHEMA_VERSION = 1;

/** Prepares events for one append, and folds them into the state. `id` becomes the id of the first event. */
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
    ...(call.scopes ? { scopes: call.scopes } : {}),
    ...(call.client === undefined ? {} : { client: call.client }),
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

/** The stream of all keys. Configured categories have no colon, so it clashes with none of them. */
export function keyStreamOf(category: string): string {
  return `${category}:api_keys-all`;
}
