import { hash } from 'node:crypto';
import { canonicalJson } from './codec.ts';

/** The hashed form of an `Idempotency-Key` and of its request body. Stored in the metadata of the events. */
export interface IdempotencyKey {
  /** SHA-256 of principal, method, path and key, in hex. */
  readonly key: string;
  /** SHA-256 of the body's canonical JSON, in hex: formatting and key order do not matter. */
  readonly fingerprint: string;
}

/** The key was used before with another body. */
export class IdempotencyKeyReused extends Error {
  readonly code = 'idempotency-key-reused';
  constructor() {
    super('This Idempotency-Key was used before with another body: take a new key for a new command.');
    this.name = 'IdempotencyKeyReused';
  }
}

/** The first call with this key is still in progress. */
export class StillRunning extends Error {
  readonly code = 'conflict';
  constructor() {
    super('The first call with this Idempotency-Key is still running: send it again in a moment.');
    this.name = 'StillRunning';
  }
}

/**
 * Linked list of the keys used on a stream, newest first. A list, not a map: it grows without copying, and only the few commands that
 * carry a key walk it.
 */
export interface Remembered extends IdempotencyKey {
  /** Revision of the last event of the append. */
  readonly revision: number;
  readonly before: Remembered | null;
  readonly count: number;
}

/** Adds an event's key to the list. Events of one append share an entry. */
export function remember(before: Remembered | null, used: IdempotencyKey, revision: number): Remembered {
  if (before?.key === used.key) return { ...before, revision };
  return { key: used.key, fingerprint: used.fingerprint, revision, before, count: (before?.count ?? 0) + 1 };
}

/** The earlier append with this key, or null. Throws {@link IdempotencyKeyReused} if its body was another one. */
export function recall(remembered: Remembered | null, used: IdempotencyKey): Remembered | null {
  for (let one = remembered; one; one = one.before) {
    if (one.key !== used.key) continue;
    if (one.fingerprint !== used.fingerprint) throw new IdempotencyKeyReused();
    return one;
  }
  return null;
}

export function idempotencyKey(call: {
  readonly principal: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
}): IdempotencyKey {
  return {
    key: sha256([call.principal, call.method, call.path, call.key].join('\n')),
    fingerprint: sha256(canonicalJson(call.body)),
  };
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
