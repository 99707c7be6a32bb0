/** Metadata stored with every event. The names are part of the HTTP contract and of the storage format. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly principal: string;
  /** Request id of the HTTP call that caused the event, if any. */
  readonly call_id?: string;
  /** Scopes of the credential that was used; of an attempt's token, `token:worker` or `token:agent`. Absent in older events. */
  readonly scopes?: readonly string[];
  /** The `User-Agent` of the call, shortened. */
  readonly client?: string;
  /** Names the policy in force; an event in the audit stream has its content. Absent in older events. */
  readonly policy?: string;
  /** Number of the attempt whose token was used. */
  readonly attempt?: number;
  /** Hashes of the call's `Idempotency-Key` and body. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  readonly occurred_at: string;
  readonly schema_version: number;
  /** See `hashEvent`. */
  readonly hash: string;
  /** Hash of the previous event in the stream; null for the first. */
  readonly previous_hash: string | null;
}

/** Metadata without the hashes, as it is hashed. */
export type UnhashedMetadata = Omit<EventMetadata, 'hash' | 'previous_hash'>;
