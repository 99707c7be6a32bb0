import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import type { Batch, Changes } from '../../../infrastructure/consumers/consumer.ts';
import type { Statement } from '../../../infrastructure/consumers/checkpoints.ts';
import type { ReadModel } from '../../../infrastructure/consumers/rebuild.ts';
import { ensureTables } from '../../../infrastructure/consumers/rebuild.ts';
import { decodeEvent, requestCodec } from '../../events/codec.ts';
import type { RecordedRequestEvent, RequestEventType } from '../../domain/events.ts';

/**
 * Deadlines set by an event: when the lease of an attempt expires, or when a blocked request resumes. Null ends one; undefined leaves it.
 */
interface Deadlines {
  lease?: { attempt: number; worker: string; lease_seconds: number; expires_at: string } | null;
  resume_at?: string | null;
}

/** Consumer name. */
export const DEADLINES = 'leases';

/**
 * The deadlines of requests: leases of live attempts, and resumption times of blocked requests. Leases begin and end by events; heartbeats
 * write renewals directly to these tables, without an event.
 */
export class DeadlinesProjection implements ReadModel {
  readonly name = DEADLINES;
  readonly kind = 'deadlines';
  readonly version = 3;
  readonly tables = ['leases', 'resumptions'];
  readonly definition = `
    -- Of version 2.
    DROP TABLE IF EXISTS locked_out_workers;
    CREATE TABLE leases (
      request_id uuid PRIMARY KEY,
      attempt integer NOT NULL,
      worker text NOT NULL,
      lease_seconds integer NOT NULL,
      expires_at timestamptz NOT NULL,
      -- Set by the reaper before it ends the attempt: from then on no heartbeat renews it.
      lapsed boolean NOT NULL DEFAULT false
    );
    CREATE INDEX leases_by_expiry ON leases (expires_at);
    CREATE INDEX leases_by_worker ON leases (worker);
    CREATE TABLE resumptions (
      request_id uuid PRIMARY KEY,
      resume_at timestamptz NOT NULL
    );
    CREATE INDEX resumptions_by_time ON resumptions (resume_at);
  `;

  prepare(db: Queryable): Promise<void> {
    return ensureTables(this, db);
  }

  handle(events: readonly StoredEvent[], { skip }: Batch): Promise<Changes | null> {
    const changes = new Map<string, Deadlines>();
    for (const stored of events) {
      const event = read(stored, skip);
      const said = event && deadlinesOf(event);
      if (!said) continue;
      changes.set(event.request_id, { ...changes.get(event.request_id), ...said });
    }
    return Promise.resolve(changes.size === 0 ? null : { statements: statementsOf(changes) });
  }
}

function read(stored: StoredEvent, skip: Batch['skip']): RecordedRequestEvent | null {
  // Most events set no deadline and need no decoding.
  if (!SPEAKING.has(requestCodec.nameOf(stored.type))) return null;
  try {
    return decodeEvent(stored).event;
  } catch (error) {
    skip(stored, error);
    return null;
  }
}

const SPEAKING: ReadonlySet<string | null> = new Set<RequestEventType>([
  'RequestClaimed',
  'AttemptEnded',
  'AttemptLost',
  'RequestRequeued',
  'RequestBlocked',
  'BlockRevised',
  'RequestUnblocked',
  'RequestCompleted',
  'RequestFailed',
  'RequestCancelled',
]);

function deadlinesOf(event: RecordedRequestEvent): Deadlines | null {
  switch (event.type) {
    case 'RequestClaimed': {
      const { attempt, worker, lease_seconds } = event.data;
      const expires = Date.parse(event.occurred_at) + lease_seconds * 1_000;
      return { lease: { attempt, worker, lease_seconds, expires_at: new Date(expires).toISOString() } };
    }
    case 'AttemptEnded':
    case 'AttemptLost':
      return { lease: null };
    case 'RequestRequeued':
      return { lease: null, resume_at: null };
    case 'RequestBlocked':
      return { resume_at: event.data.resume_at };
    case 'BlockRevised':
      return event.data.resume_at === undefined ? null : { resume_at: event.data.resume_at };
    case 'RequestUnblocked':
    case 'RequestCompleted':
    case 'RequestFailed':
    case 'RequestCancelled':
      return { resume_at: null };
    default:
      return null;
  }
}

/** A heartbeat may be ahead of the projection: for the same attempt, the later expiry wins. */
const BEGIN_LEASES = `
  INSERT INTO leases (request_id, attempt, worker, lease_seconds, expires_at)
  SELECT request_id, attempt, worker, lease_seconds, expires_at FROM json_to_recordset($1::json)
    AS lease (request_id uuid, attempt int, worker text, lease_seconds int, expires_at timestamptz)
  ON CONFLICT (request_id) DO UPDATE SET
    attempt = excluded.attempt,
    worker = excluded.worker,
    lease_seconds = excluded.lease_seconds,
    expires_at = CASE WHEN leases.attempt = excluded.attempt
      THEN greatest(leases.expires_at, excluded.expires_at) ELSE excluded.expires_at END,
    lapsed = leases.attempt = excluded.attempt AND leases.lapsed
`;

const PLAN_RESUMPTIONS = `
  INSERT INTO resumptions (request_id, resume_at)
  SELECT request_id, resume_at FROM json_to_recordset($1::json) AS planned (request_id uuid, resume_at timestamptz)
  ON CONFLICT (request_id) DO UPDATE SET resume_at = excluded.resume_at
`;

const END_LEASES = 'DELETE FROM leases WHERE request_id = ANY($1::uuid[])';
const SETTLE_RESUMPTIONS = 'DELETE FROM resumptions WHERE request_id = ANY($1::uuid[])';

function statementsOf(changes: ReadonlyMap<string, Deadlines>): readonly Statement[] {
  const entries = [...changes];
  const begun = entries.flatMap(([request_id, { lease }]) => (lease ? [{ request_id, ...lease }] : []));
  const ended = entries.flatMap(([id, { lease }]) => (lease === null ? [id] : []));
  const planned = entries.flatMap(([request_id, { resume_at }]) => (resume_at ? [{ request_id, resume_at }] : []));
  const settled = entries.flatMap(([id, { resume_at }]) => (resume_at === null ? [id] : []));
  return [
    ...(begun.length > 0 ? [{ text: BEGIN_LEASES, values: [JSON.stringify(begun)] }] : []),
    ...(ended.length > 0 ? [{ text: END_LEASES, values: [ended] }] : []),
    ...(planned.length > 0 ? [{ text: PLAN_RESUMPTIONS, values: [JSON.stringify(planned)] }] : []),
    ...(settled.length > 0 ? [{ text: SETTLE_RESUMPTIONS, values: [settled] }] : []),
  ];
}
