import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import type { Projection } from '../../../infrastructure/consumers/projection.ts';
import { decodeEvent, requestCodec } from '../../events/codec.ts';
import type { RecordedRequestEvent, RequestEventType } from '../../events/events.ts';

/** What an event says about time: until when an attempt holds its lease, or when a blocked request goes on. */
interface Deadlines {
  lease?: { attempt: number; worker: string; lease_seconds: number; expires_at: string } | null;
  resume_at?: string | null;
}

const WINDOW_MS = 20;

/**
 * The deadlines of requests: leases of live attempts, and times at which blocked requests go on. The log says when a lease begins and
 * that it has ended; its renewals are written here by heartbeats, and are in no event.
 */
export class LeaseProjection implements Projection {
  readonly name = 'leases';
  readonly version = 3;
  readonly tables = ['leases', 'resumptions'];
  readonly windowMs = WINDOW_MS;
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
  readonly #onSkipped: (event: StoredEvent, error: unknown) => void;

  constructor(onSkipped: (event: StoredEvent, error: unknown) => void) {
    this.#onSkipped = onSkipped;
  }

  forget(): void {
    // Nothing is kept in memory.
  }

  project(events: readonly StoredEvent[]): Promise<((database: Queryable) => Promise<void>) | null> {
    const changes = new Map<string, Deadlines>();
    for (const stored of events) {
      const event = this.#read(stored);
      const said = event && deadlinesOf(event);
      if (!said) continue;
      changes.set(event.request_id, { ...changes.get(event.request_id), ...said });
    }
    if (changes.size === 0) return Promise.resolve(null);
    return Promise.resolve((database) => write(changes, database));
  }

  #read(stored: StoredEvent): RecordedRequestEvent | null {
    // Most events say nothing about time, and need not be read for that.
    if (!SPEAKING.has(requestCodec.nameOf(stored.type))) return null;
    try {
      return decodeEvent(stored).event;
    } catch (error) {
      this.#onSkipped(stored, error);
      return null;
    }
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

/** A heartbeat may have been faster than the projection: of the same attempt the later expiry stands. */
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

async function write(changes: ReadonlyMap<string, Deadlines>, database: Queryable): Promise<void> {
  const entries = [...changes];
  const begun = entries.flatMap(([request_id, { lease }]) => (lease ? [{ request_id, ...lease }] : []));
  const ended = entries.flatMap(([id, { lease }]) => (lease === null ? [id] : []));
  const planned = entries.flatMap(([request_id, { resume_at }]) => (resume_at ? [{ request_id, resume_at }] : []));
  const settled = entries.flatMap(([id, { resume_at }]) => (resume_at === null ? [id] : []));
  if (begun.length > 0) await database.query({ text: BEGIN_LEASES, values: [JSON.stringify(begun)] });
  if (ended.length > 0) {
    await database.query({ text: 'DELETE FROM leases WHERE request_id = ANY($1::uuid[])', values: [ended] });
  }
  if (planned.length > 0) await database.query({ text: PLAN_RESUMPTIONS, values: [JSON.stringify(planned)] });
  if (settled.length > 0) {
    await database.query({ text: 'DELETE FROM resumptions WHERE request_id = ANY($1::uuid[])', values: [settled] });
  }
}
