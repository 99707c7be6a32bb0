import { timingSafeEqual } from 'node:crypto';
import type { Scope } from '../scopes.ts';
import { scopesOf } from '../scopes.ts';
import type { KeyRegistryState } from './key-events.ts';
import { digestOf, isWellFormedKey } from './key-format.ts';
import type { FileKey } from './keys-file.ts';

/** Why a key is not accepted. Goes into the record of refusals and is never shown to callers. */
export type KeyFault = 'malformed-key' | 'unknown-key' | 'expired-key' | 'revoked-key' | 'rotated-key';

/** The holder of a key. */
export interface KeyHolder {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Id of a registry key; null for a key from the file. */
  readonly keyId: string | null;
}

export type KeyCheck =
  | { readonly holder: KeyHolder; readonly fault: null }
  /** `name` is the holder of an expired, revoked or rotated key; null otherwise. */
  | { readonly holder: null; readonly fault: KeyFault; readonly name: string | null };

interface Entry {
  readonly digest: Buffer;
  readonly holder: KeyHolder;
  /** Epoch ms; null for no expiry. */
  readonly validUntilMs: number | null;
  /** The fault after that. */
  readonly overAs: KeyFault;
}

/** Digest to compare an unknown key with, so that the check takes the same time as for a known one. */
const NOBODY = Buffer.alloc(32);
/** Length of the digest prefix that finds an entry, in hex digits. The whole digest is then compared in constant time. */
const SLOT_LENGTH = 16;

/** All known keys, in memory. A check takes one hash and one lookup, and no I/O. */
export class KeyRing {
  #entries = new Map<string, Entry>();
  #fromFile: readonly FileKey[] = [];
  #fromRegistry: KeyRegistryState | null = null;
  readonly #isSame: (one: Buffer, other: Buffer) => boolean;

  /** @param isSame compares two digests in constant time */
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

  /** Checks a key. @param nowMs epoch ms */
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
