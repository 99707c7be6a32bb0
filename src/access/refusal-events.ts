import { EventCodec } from '../event-sourcing/codec.ts';

/** A refused call. Of what the caller sent, it contains only the method, a verified name and a request id. */
export interface Refusal {
  /** Code of the problem. */
  readonly code: string;
  /** The reason, which the caller may not have been told in full. */
  readonly fault: string;
  /** The caller, or the owner of the expired or revoked credential; null when unknown. */
  readonly principal: string | null;
  readonly address: string | null;
  readonly method: string;
  /** Path pattern of the route; null when no route matched. */
  readonly route: string | null;
  readonly missing_scope: string | null;
  /** Null when the call names no request, or the caller was unknown. */
  readonly request_id: string | null;
}

/** Refusals that only differ in time. */
export interface CountedRefusal extends Refusal {
  readonly count: number;
  readonly first_at: string;
  readonly last_at: string;
}

/** The content of an event of the audit streams. */
export interface RecordedRefusals {
  readonly from: string;
  readonly until: string;
  readonly total: number;
  readonly refusals: readonly CountedRefusal[];
  /** Number of refusals counted but not listed, because there were too many different ones. */
  readonly unlisted: number;
}

/** The refusals of one instance since it last wrote. This is a storage format. */
export interface RefusalsRecorded {
  readonly type: 'RefusalsRecorded';
  readonly data: RecordedRefusals;
}

/** How refusals are stored. */
export const refusalCodec = new EventCodec<RefusalsRecorded>({ RefusalsRecorded: 'RefusalsRecorded' });

/** The stream of all refusals. Configured categories have no colon, so it clashes with none of them. */
export function auditStreamOf(category: string): string {
  return `${auditStreamPrefix(category)}all`;
}

/** Prefix of that stream, and of the streams of earlier versions, which had one per run of an instance. */
export function auditStreamPrefix(category: string): string {
  return `${category}:audit-`;
}
