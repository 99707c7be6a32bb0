import type { Queryable } from '../../infrastructure/postgres/database.ts';
import type { RecordedRequestEvent } from '../events/events.ts';

/** The code with which a worker reports that its agent is not logged in. */
const NOT_LOGGED_IN = 'agent-auth';

interface LockedOut {
  readonly request_id: string;
  /** Null: the lease, which is older than this batch, names the worker. */
  readonly worker: string | null;
  readonly since: string;
}

/** What the reports of a batch say about whose agent can log in. Nobody works while none can, so health tells of it. */
export class Logins {
  #oneWorks = false;
  #lockedOut: LockedOut[] = [];

  /** `worker` is who claimed, if that was in the same batch. */
  note(event: RecordedRequestEvent, worker: string | undefined): void {
    if (event.type !== 'AttemptEnded') return;
    if (event.data.error_code === NOT_LOGGED_IN) {
      this.#lockedOut.push({ request_id: event.request_id, worker: worker ?? null, since: event.occurred_at });
    } else if (event.data.outcome !== 'released') {
      this.#oneWorks = true;
      this.#lockedOut = [];
    }
  }

  /** Before the leases of ended attempts are deleted. */
  async write(database: Queryable): Promise<void> {
    if (this.#oneWorks) await database.query({ text: 'DELETE FROM locked_out_workers' });
    if (this.#lockedOut.length === 0) return;
    await database.query({
      text: `INSERT INTO locked_out_workers (worker, since)
        SELECT DISTINCT ON (1) coalesce(told.worker, lease.worker), told.since
        FROM json_to_recordset($1::json) AS told (request_id uuid, worker text, since timestamptz)
        LEFT JOIN leases lease USING (request_id)
        WHERE coalesce(told.worker, lease.worker) IS NOT NULL
        ORDER BY 1, 2
        ON CONFLICT (worker) DO NOTHING`,
      values: [JSON.stringify(this.#lockedOut)],
    });
  }
}
