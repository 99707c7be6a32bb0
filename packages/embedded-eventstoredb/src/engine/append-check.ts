import { StreamDeletedError, WrongExpectedRevisionError } from './errors.ts';
import type { EventTable } from './event-table.ts';
import type { RecentIds } from './recent-ids.ts';
import { asBuffer, recordId } from './record.ts';
import { fullName, isSoftDeleted, isTombstoned, lastRevision, rowId } from './stream-states.ts';
import type { StreamReference } from './stream-states.ts';
import type { ExpectedRevision } from './types.ts';

/** What an append should do: write, or nothing because the same events are stored already, up to `revision`. */
export type AppendDecision = { readonly kind: 'write' } | { readonly kind: 'repeated'; readonly revision: number };

const WRITE: AppendDecision = { kind: 'write' };

type Stored = { readonly table: EventTable; readonly recentIds: RecentIds };

/**
 * Decides an append by the state of its stream, in EventStoreDB's order: deleted streams first; then by recent ids if
 * no revision is expected, otherwise by the events stored after the expected revision.
 * Throws StreamDeletedError or WrongExpectedRevisionError.
 */
export function checkAppend(
  stored: Stored,
  reference: StreamReference,
  expected: ExpectedRevision,
  ids: readonly string[],
  hasMetadata: boolean,
): AppendDecision {
  const last = lastRevision(reference);
  const name = fullName(reference);
  const wrong = () => new WrongExpectedRevisionError(name, expected, last === -1 ? 'no_stream' : BigInt(last));
  if (isTombstoned(reference)) throw new StreamDeletedError(name);
  if (expected === 'stream_exists') {
    if (isSoftDeleted(reference)) throw new StreamDeletedError(name);
    if (last === -1 && !hasMetadata) throw wrong();
  }
  if (expected === 'any' || expected === 'stream_exists') {
    const repeated = revisionOfKnownIds(stored.recentIds, reference, ids);
    if (repeated === 'partly') throw wrong();
    return repeated === 'unknown' ? WRITE : { kind: 'repeated', revision: repeated };
  }
  const expectedLast = expected === 'no_stream' ? -1 : Number(expected);
  if (expectedLast > last) throw wrong();
  if (expectedLast === last) return WRITE;
  const matched = countMatching(stored.table, reference, expectedLast + 1, ids);
  if (matched === ids.length && matched > 0) return { kind: 'repeated', revision: expectedLast + matched };
  if (matched === 0 && ids.length > 0 && expected === 'no_stream' && isSoftDeleted(reference)) return WRITE;
  throw wrong();
}

/** Revision of the last id if all are known. If the first id is unknown, the append is new. */
function revisionOfKnownIds(
  recentIds: RecentIds,
  reference: StreamReference,
  ids: readonly string[],
): number | 'unknown' | 'partly' {
  if (reference.state.id === 0) return 'unknown';
  let revision: number | undefined;
  for (const id of ids) {
    const known = recentIds.revisionOf(id, rowId(reference));
    if (known === undefined) return revision === undefined ? 'unknown' : 'partly';
    revision = known;
  }
  return revision ?? 'unknown';
}

/** How many of the ids match the events stored from a revision on, in sequence. */
function countMatching(table: EventTable, reference: StreamReference, from: number, ids: readonly string[]): number {
  for (let i = 0; i < ids.length; i++) {
    const row = table.eventAt(rowId(reference), from + i);
    if (!row || recordId(asBuffer(row[2])) !== ids[i]) return i;
  }
  return ids.length;
}
