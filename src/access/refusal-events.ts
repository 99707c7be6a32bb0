import { EventCodec } from '../event-sourcing/codec.ts';

/** What was refused, to whom and why. Nothing of what was sent is in it but a name that was checked, and the id of a request. */
export interface Refusal {
  /** The problem's. */
  readonly code: string;
  /** Why, where the caller was told less. */
  readonly fault: string;
  /** Who it was, or whose the credential had been; null when that is not known. */
  readonly principal: string | null;
  readonly address: string | null;
  readonly method: string;
  /** As declared, without ids; null when it never came to a route. */
  readonly route: string | null;
  readonly missing_scope: string | null;
  /** Only where the caller was known. */
  readonly request_id: string | null;
}

/** Refusals that differ in time only, together. */
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
  /** Of so many no more is known: there were too many kinds at once. */
  readonly unlisted: number;
}

/** Refusals that were noted by one instance since it last wrote. This is a storage format. */
export interface RefusalsRecorded {
  readonly type: 'RefusalsRecorded';
  readonly data: RecordedRefusals;
}

/** How refusals are stored. */
export const refusalCodec = new EventCodec<RefusalsRecorded>({ RefusalsRecorded: 'RefusalsRecorded' });

/** The stream of all refusals. The colon is in no configured category, so it is nobody's category but ours. */
export function auditStreamOf(category: string): string {
  return `${auditStreamPrefix(category)}all`;
}

/** Of that stream, and of those of earlier versions, which had one for each life of each instance. */
export function auditStreamPrefix(category: string): string {
  return `${category}:audit-`;
}
