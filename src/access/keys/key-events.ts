import { v5 } from 'uuid';
import { canonicalJson, hashEvent } from '../../automation/events/metadata.ts';
import type { Fold } from '../../infrastructure/event-store/decide-and-append.ts';
import type { EventToAppend } from '../../infrastructure/event-store/event-store.ts';
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
  /** The last link of the hash chain. */
  readonly hash: string | null;
}

/** Keys that are over stay in the list for so long as there are not more of them than this. */
const MAX_REVOKED = 1_000;
const MAX_REMEMBERED = 1_000;

export const KEY_REGISTRY: Fold<KeyRegistryState> = {
  initial: { keys: new Map(), remembered: new Map(), hash: null },
  fold: (state, stored) => {
    const metadata = JSON.parse(stored.metadata) as KeyEventMetadata;
    const event = { type: stored.type, data: JSON.parse(stored.data) as unknown } as KeyEvent;
    return foldKeyEvent(state, event, metadata);
  },
  sizeOf: () => 1,
};

/** Who caused an event of a key, and through which call. */
export interface KeyCall {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
}

interface KeyEventMetadata {
  readonly principal: string;
  readonly occurred_at: Instant;
  readonly hash: string;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}

const SCHEMA_VERSION = 1;

/** Writes down events that were decided together, chained to the one before, and folds them. `id` is that of the first. */
export function recordKeyEvents(
  before: KeyRegistryState,
  events: readonly KeyEvent[],
  { call, at, id }: { readonly call: KeyCall; readonly at: Instant; readonly id: string },
): { readonly events: readonly EventToAppend[]; readonly state: KeyRegistryState } {
  let state = before;
  const unhashed = {
    $correlationId: call.correlationId,
    $causationId: call.callId,
    call_id: call.callId,
    principal: call.principal,
    occurred_at: at,
    schema_version: SCHEMA_VERSION,
    ...(call.idempotency ? { idempotency: call.idempotency } : {}),
  };
  const toAppend = events.map((event, i): EventToAppend => {
    const written = {
      id: i === 0 ? id : v5(String(i), id),
      type: event.type,
      data: canonicalJson(event.data),
      metadata: canonicalJson(unhashed),
    };
    const hash = hashEvent(state.hash, written);
    const metadata = { ...unhashed, hash, previous_hash: state.hash };
    state = foldKeyEvent(state, event, metadata);
    return { ...written, metadata: canonicalJson(metadata) };
  });
  return { events: toAppend, state };
}

function foldKeyEvent(state: KeyRegistryState, event: KeyEvent, metadata: KeyEventMetadata): KeyRegistryState {
  const { idempotency, hash } = metadata;
  const keys = new Map(state.keys);
  for (const changed of changedKeys(keys, event, metadata)) keys.set(changed.id, changed);
  forgetOldest(keys);
  if (!idempotency || !('id' in event.data)) return { keys, remembered: state.remembered, hash };
  const remembered = new Map(state.remembered);
  remembered.set(idempotency.key, { fingerprint: idempotency.fingerprint, id: event.data.id });
  for (const [oldest] of remembered) {
    if (remembered.size <= MAX_REMEMBERED) break;
    remembered.delete(oldest);
  }
  return { keys, remembered, hash };
}

function changedKeys(
  keys: ReadonlyMap<string, ApiKey>,
  event: KeyEvent,
  { principal, occurred_at }: KeyEventMetadata,
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
  // An event of a newer version of this service changes nothing that this one knows of.
  if ((event.type as string) !== 'ApiKeyRevoked') return [];
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
