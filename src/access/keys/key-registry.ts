import { randomUUID } from 'node:crypto';
import { IdempotencyKeyReused } from '../../event-sourcing/idempotency.ts';
import type { Head } from '../../event-sourcing/streams.ts';
import { StreamHeads } from '../../event-sourcing/streams.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { timeOrderedId } from '../../infrastructure/time-ordered-id.ts';
import type { Role } from '../scopes.ts';
import type { ApiKey, Instant, KeyCall, KeyEvent, KeyRegistryState } from './key-events.ts';
import { KEY_REGISTRY, keyStreamOf, recordKeyEvents } from './key-events.ts';
import { digestOf, hintOf, newKey } from './key-format.ts';

/** Maximum number of keys that are not revoked, including expired ones. Creating a key scans all of them. */
const MAX_KEYS = 1_000;

/** Result of creating or rotating a key. */
export interface Issued {
  readonly key: ApiKey;
  /** The secret, available only once; null when the call repeats an earlier one. */
  readonly secret: string | null;
}

export class KeyNotFound extends Error {
  readonly code = 'not-found';
  constructor() {
    super('There is no such key.');
  }
}

class KeyNameTaken extends Error {
  readonly code = 'key-name-taken';
  constructor() {
    super('A key of this name is valid: rotate it, or revoke it first. A name stands for one principal.');
  }
}

class KeyRevoked extends Error {
  readonly code = 'key-revoked';
  constructor() {
    super('This key was revoked, which is final. Create a new one.');
  }
}

class TooManyKeys extends Error {
  readonly code = 'too-many-keys';
  constructor() {
    super(`There are ${MAX_KEYS} keys. Revoke those that are not needed any more.`);
  }
}

/** The write model of API keys. A listener is notified of every state that is read or written. */
export class KeyRegistry {
  readonly #heads: StreamHeads<KeyRegistryState>;
  readonly #stream: string;
  readonly #nowMs: () => number;
  #onChange: (state: KeyRegistryState) => void = () => undefined;

  constructor(store: EventStore, { category, nowMs }: { readonly category: string; readonly nowMs: () => number }) {
    this.#heads = new StreamHeads(store, KEY_REGISTRY, { maxBytes: 1, needs: 'what-is-left' });
    this.#stream = keyStreamOf(category);
    this.#nowMs = nowMs;
  }

  onChange(listener: (state: KeyRegistryState) => void): void {
    this.#onChange = listener;
  }

  /** Loads all keys, including changes by other instances. @throws EventStoreUnavailableError */
  async load(): Promise<KeyRegistryState> {
    return this.#tell(await this.#heads.load(this.#stream));
  }

  /**
   * Creates a key.
   *
   * @throws KeyNameTaken when a valid key has this name
   * @throws TooManyKeys when 1,000 keys are not revoked
   * @throws IdempotencyKeyReused, and the errors of `EventStore.append`
   */
  async create(
    { name, role, expires_at }: { readonly name: string; readonly role: Role; readonly expires_at: Instant | null },
    call: KeyCall,
  ): Promise<Issued> {
    const secret = newKey();
    const id = timeOrderedId();
    return this.#issue(secret, id, call, ({ keys }, at) => {
      if (isNameTaken(keys, name, at)) throw new KeyNameTaken();
      if ([...keys.values()].filter((key) => key.revoked_at === null).length >= MAX_KEYS) throw new TooManyKeys();
      const data = { id, name, role, digest: digestOf(secret), hint: hintOf(secret), expires_at };
      return [{ type: 'ApiKeyCreated', data }];
    });
  }

  /**
   * Gives a key a new secret. The old one stays valid for `overlapSeconds`, but not beyond its own expiry. When `expires_at` is null, the
   * key is renewed for the same length of time.
   *
   * @throws KeyNotFound
   * @throws KeyRevoked
   * @throws KeyNameTaken when the key has expired and another valid key has its name
   * @throws IdempotencyKeyReused, and the errors of `EventStore.append`
   */
  async rotate(
    id: string,
    { expires_at, overlapSeconds }: { readonly expires_at: Instant | null; readonly overlapSeconds: number },
    call: KeyCall,
  ): Promise<Issued> {
    const secret = newKey();
    return this.#issue(secret, id, call, ({ keys }, at) => {
      const key = keys.get(id);
      if (!key) throw new KeyNotFound();
      if (key.revoked_at !== null) throw new KeyRevoked();
      if (isOver(key, at) && isNameTaken(keys, key.name, at)) throw new KeyNameTaken();
      const overlapEnd = new Date(Date.parse(at) + overlapSeconds * 1_000).toISOString();
      const previous_valid_until = key.expires_at !== null && key.expires_at < overlapEnd ? key.expires_at : overlapEnd;
      const data = {
        id,
        digest: digestOf(secret),
        hint: hintOf(secret),
        expires_at: expires_at ?? sameTermAgain(key, at),
        previous_valid_until,
      };
      return [{ type: 'ApiKeyRotated', data }];
    });
  }

  /** Revokes a key and its old secret. Revoking it again changes nothing. @throws KeyNotFound */
  async revoke(id: string, reason: string | null, call: KeyCall): Promise<ApiKey> {
    const state = await this.#execute(call, ({ keys }) => {
      const key = keys.get(id);
      if (!key) throw new KeyNotFound();
      return key.revoked_at === null ? [{ type: 'ApiKeyRevoked', data: { id, reason } }] : [];
    });
    return keyIn(state, id);
  }

  /** Records the last use of keys, by key id. Unknown keys and older uses are ignored. */
  async noteUses(uses: ReadonlyMap<string, Instant>, call: KeyCall): Promise<void> {
    await this.#execute(call, ({ keys }) => {
      const news = [...uses].filter(([id, at]) => {
        const key = keys.get(id);
        return key !== undefined && at > (key.last_used_at ?? '');
      });
      return news.length === 0 ? [] : [{ type: 'ApiKeysUsed', data: { uses: news.map(([id, at]) => ({ id, at })) } }];
    });
  }

  async #issue(
    secret: string,
    id: string,
    call: KeyCall,
    decide: (state: KeyRegistryState, at: Instant) => readonly KeyEvent[],
  ): Promise<Issued> {
    let repeated: string | null = null;
    const state = await this.#execute(call, (before, at) => {
      repeated = recalled(before, call);
      return repeated === null ? decide(before, at) : [];
    });
    // Secrets are not stored, so a repeated call cannot return one. If the first answer was lost, the key has to be rotated.
    return repeated === null ? { key: keyIn(state, id), secret } : { key: keyIn(state, repeated), secret: null };
  }

  async #execute(
    call: KeyCall,
    decide: (state: KeyRegistryState, at: Instant) => readonly KeyEvent[],
  ): Promise<KeyRegistryState> {
    const at = new Date(this.#nowMs()).toISOString();
    const id = randomUUID();
    const head = await this.#heads.decideAndAppend(this.#stream, (before) =>
      recordKeyEvents(before, decide(before.state, at), { call, at, id }),
    );
    return this.#tell(head);
  }

  #tell({ state }: Head<KeyRegistryState>): KeyRegistryState {
    this.#onChange(state);
    return state;
  }
}

/** Whether a key is revoked, or expired at this time. */
export function isOver({ revoked_at, expires_at }: ApiKey, at: Instant): boolean {
  return revoked_at !== null || (expires_at !== null && expires_at <= at);
}

function isNameTaken(keys: ReadonlyMap<string, ApiKey>, name: string, at: Instant): boolean {
  return [...keys.values()].some((key) => key.name === name && !isOver(key, at));
}

function recalled({ remembered }: KeyRegistryState, { idempotency }: KeyCall): string | null {
  const first = idempotency && remembered.get(idempotency.key);
  if (!first) return null;
  if (first.fingerprint !== idempotency.fingerprint) throw new IdempotencyKeyReused();
  return first.id;
}

function keyIn({ keys }: KeyRegistryState, id: string): ApiKey {
  const key = keys.get(id);
  if (!key) throw new KeyNotFound();
  return key;
}

function sameTermAgain({ expires_at, rotated_at, created_at }: ApiKey, at: Instant): Instant | null {
  if (expires_at === null) return null;
  const termMs = Date.parse(expires_at) - Date.parse(rotated_at ?? created_at);
  return new Date(Date.parse(at) + termMs).toISOString();
}
