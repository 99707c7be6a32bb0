import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What every event records beside what happened. The names are part of the HTTP contract and of the storage format. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly principal: string;
  /** Request id of the HTTP call, where one caused the event. */
  readonly call_id?: string;
  /** Number of the attempt whose token was used. */
  readonly attempt?: number;
  /** Hashes of the `Idempotency-Key` the call came with, and of its body. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  readonly occurred_at: string;
  readonly schema_version: number;
  /** See {@link hashEvent}. */
  readonly hash: string;
  /** Hash of the event before in the same stream; null for the first. */
  readonly previous_hash: string | null;
}

/** The metadata without the hashes, which are computed over it. */
export type UnhashedMetadata = Omit<EventMetadata, 'hash' | 'previous_hash'>;

/** RFC 8785, so that the same value always has the same bytes, whoever wrote it down. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}

/**
 * The link of the hash chain: lower-case hex SHA-256 over the previous event's hash (nothing for the first event) and the
 * canonical JSON of `{data, id, metadata, type}`, where metadata is without hashes. Whoever changes, removes or inserts an event
 * has to recompute every later one of its stream.
 *
 * `data` and `metadata` are canonical JSON already.
 */
export function hashEvent(
  previousHash: string | null,
  event: { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string },
): string {
  const { id, type, data, metadata } = event;
  const canonical = `{"data":${data},"id":${JSON.stringify(id)},"metadata":${metadata},"type":${JSON.stringify(type)}}`;
  return hash('sha256', (previousHash ?? '') + canonical, 'hex');
}
