import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';
import type { Progress, RunnerState } from './progress.ts';

/** A consumer as the instance that runs it sees it. Stored as JSON, for the other instances. */
export interface ConsumerStatus {
  readonly state: RunnerState;
  /** In the log, in decimal; null before the first event. */
  readonly position: string | null;
  /** Events received and not yet handled, and for how long the oldest of them has waited, in ms. */
  readonly lag: { readonly events: number; readonly ms: number };
  /** Events handled per second, over the last seconds. */
  readonly rate: number;
  /** Events of unknown types, skipped since the start of the process. */
  readonly unknown: number;
  /** Code of the current error; null if there is none. */
  readonly last_error: string | null;
  /** Estimated time until a rebuild ends, in ms; null without one, or while it is not known. */
  readonly rebuild_eta_ms: number | null;
}

export function statusOf(progress: Progress): ConsumerStatus {
  const { state, position, pendingEvents, behindSince, skippedEvents, lastError, rate, rebuild } = progress;
  return {
    state,
    position: position?.toString() ?? null,
    lag: { events: pendingEvents, ms: behindSince === null ? 0 : Math.max(0, Date.now() - behindSince) },
    rate: rate.perSecond,
    unknown: skippedEvents,
    last_error: lastError,
    rebuild_eta_ms: rebuild?.etaMs ?? null,
  };
}

/** Stores what other instances show of consumers. */
export async function noteStatuses(database: Queryable, statuses: ReadonlyMap<string, ConsumerStatus>): Promise<void> {
  await database.query({
    name: 'note-consumer-statuses',
    text: `
      INSERT INTO consumer_status (consumer, status, noted_at)
      SELECT key, value, now() FROM json_each($1::json)
      ON CONFLICT (consumer) DO UPDATE SET status = excluded.status, noted_at = excluded.noted_at`,
    values: [JSON.stringify(Object.fromEntries(statuses))],
  });
}

/** What other instances have noted within the last `withinMs`, by consumer. */
export async function readStatuses(
  database: Queryable,
  withinMs: number,
): Promise<ReadonlyMap<string, ConsumerStatus>> {
  const { rows } = await database.query<pg.QueryResultRow & { consumer: string; status: ConsumerStatus }>({
    name: 'read-consumer-statuses',
    text: `SELECT consumer, status FROM consumer_status WHERE noted_at > now() - $1 * interval '1 ms'`,
    values: [withinMs],
  });
  return new Map(rows.map(({ consumer, status }) => [consumer, status]));
}
