import { hash } from 'node:crypto';
import { canonicalJson } from './codec.ts';

/** What an `Idempotency-Key` stands for: who used it where, and for what. Both are hashes, and go into the events. */
export interface IdempotencyKey {
  /** Of principal, method, path and key. */
  readonly key: string;
  /** Of the body, as JSON: the same value in other spelling is the same. */
  readonly fingerprint: string;
}

/** The key was used before, for something else. */
export class IdempotencyKeyReused extends Error {
  readonly code = 'idempotency-key-reused';
  constructor() {
    super('This Idempotency-Key was used before with another body: take a new key for a new command.');
    this.name = 'IdempotencyKeyReused';
  }
}

/** The first call with this key has not been answered yet. */
export class StillRunning extends Error {
  readonly code = 'conflict';
  constructor() {
    super('The first call with this Idempotency-Key is still running: send it again in a moment.');
    this.name = 'StillRunning';
  }
}

/**
 * The keys of a stream's appends, newest first. A list and not a map: it grows by one node without copying, and is walked only for the
 * few commands that carry a key.
 */
export interface Remembered extends IdempotencyKey {
  /** Of the last event of the append. */
  readonly revision: number;
  readonly before: Remembered | null;
  readonly count: number;
}

/** One more event with a key; the events of one append share it. */
export function remember(before: Remembered | null, used: IdempotencyKey, revision: number): Remembered {
  if (before?.key === used.key) return { ...before, revision };
  return { key: used.key, fingerprint: used.fingerprint, revision, before, count: (before?.count ?? 0) + 1 };
}

/** The append that this key made, or null. Throws {@link IdempotencyKeyReused} when it made another one than is asked for now. */
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
