import { timingSafeEqual } from 'node:crypto';
import type { Scope } from '../scopes.ts';
import { scopesOf } from '../scopes.ts';
import type { KeyRegistryState } from './key-events.ts';
import { digestOf, isWellFormedKey } from './key-format.ts';
import type { FileKey } from './keys-file.ts';

/** Why a key opens nothing. Callers are not told; the record of refusals is. */
export type KeyFault = 'malformed-key' | 'unknown-key' | 'expired-key' | 'revoked-key' | 'rotated-key';

/** Whose key it is. */
export interface KeyHolder {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Of a key of the registry; null for one of the file. */
  readonly keyId: string | null;
}

export type KeyCheck =
  | { readonly holder: KeyHolder; readonly fault: null }
  /** The name is known for a key that was good once. */
  | { readonly holder: null; readonly fault: KeyFault; readonly name: string | null };

interface Entry {
  readonly digest: Buffer;
  readonly holder: KeyHolder;
  /** In ms of `Date.now()`; null for ever. */
  readonly validUntilMs: number | null;
  /** What it is when it is not valid. */
  readonly overAs: KeyFault;
}

/** What an unknown key is compared with, so that it takes the steps that a known one takes. */
const NOBODY = Buffer.alloc(32);
/** So much of a digest finds the entry; the whole is compared in constant time. */
const SLOT_LENGTH = 16;

/** Every key that this process knows, in memory: checking one costs a hash and a look-up, and waits for nobody. */
export class KeyRing {
  #entries = new Map<string, Entry>();
  #fromFile: readonly FileKey[] = [];
  #fromRegistry: KeyRegistryState | null = null;
  readonly #isSame: (one: Buffer, other: Buffer) => boolean;

  /** `isSame` compares two digests in a time that does not depend on them. */
  constructor(isSame: (one: Buffer, other: Buffer) => boolean = timingSafeEqual) {
    this.#isSame = isSame;
  }

  setFileKeys(keys: readonly FileKey[]): void {
    this.#fromFile = keys;
    this.#rebuild();
  }

  setRegistry(state: KeyRegistryState): void {
    if (state === this.#fromRegistry) return;
    this.#fromRegistry = state;
    this.#rebuild();
  }

  /** False until the registry has been read once: until then an unknown key may be a good one. */
  get isComplete(): boolean {
    return this.#fromRegistry !== null;
  }

  /** Whether there is or was any key of the registry. Revoking the last one opens nothing. */
  get hasRegistryKeys(): boolean {
    return (this.#fromRegistry?.keys.size ?? 0) > 0;
  }

  /** Whose key this is at this time, in ms of `Date.now()`. */
  check(token: string, nowMs: number): KeyCheck {
    if (!isWellFormedKey(token)) return { holder: null, fault: 'malformed-key', name: null };
    const hex = digestOf(token);
    const entry = this.#entries.get(hex.slice(0, SLOT_LENGTH));
    const isSame = this.#isSame(entry?.digest ?? NOBODY, Buffer.from(hex, 'hex'));
    if (!entry || !isSame) return { holder: null, fault: 'unknown-key', name: null };
    if (entry.validUntilMs !== null && entry.validUntilMs <= nowMs) {
      return { holder: null, fault: entry.overAs, name: entry.holder.name };
    }
    return { holder: entry.holder, fault: null };
  }

  #rebuild(): void {
    const entries = new Map<string, Entry>();
    const add = (digest: string, holder: KeyHolder, validUntilMs: number | null, overAs: KeyFault): void => {
      entries.set(digest.slice(0, SLOT_LENGTH), { digest: Buffer.from(digest, 'hex'), holder, validUntilMs, overAs });
    };
    for (const key of this.#fromRegistry?.keys.values() ?? []) {
      const holder = { name: key.name, scopes: scopesOf([key.role]), keyId: key.id };
      const isRevoked = key.revoked_at !== null;
      if (key.previous) {
        const until = isRevoked ? 0 : Date.parse(key.previous.valid_until);
        add(key.previous.digest, holder, until, isRevoked ? 'revoked-key' : 'rotated-key');
      }
      const until = isRevoked ? 0 : key.expires_at === null ? null : Date.parse(key.expires_at);
      add(key.digest, holder, until, isRevoked ? 'revoked-key' : 'expired-key');
    }
    for (const { name, role, sha256, expires_at } of this.#fromFile) {
      const holder = { name, scopes: scopesOf([role]), keyId: null };
      add(sha256, holder, expires_at === null ? null : Date.parse(expires_at), 'expired-key');
    }
    this.#entries = entries;
  }
}
