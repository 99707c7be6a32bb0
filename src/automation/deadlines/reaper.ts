import { setTimeout as delay } from 'node:timers/promises';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { timeOrderedId } from '../../infrastructure/time-ordered-id.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { Queryable } from '../../infrastructure/postgres/database.ts';
import type { Runner } from '../../infrastructure/consumers/runner.ts';
import type { RequestStreams } from '../commands/request-streams.ts';
import type { RequestCommand } from '../domain/decide.ts';
import type { LeaseBook } from './lease-book.ts';

/** Interval between looks. Overdue leases and resumptions are settled within twice this, or at once by any command. */
const LOOK_EVERY_MS = 500;
/** After this long without a look, heartbeats may have failed too: every lease gets a full term before anything lapses. */
const BLIND_AFTER_MS = 3_000;
/** Maximum number of leases, and of resumptions, settled per look. */
const MAX_AT_ONCE = 100;

const SYSTEM = 'system:reaper';

/**
 * The expiry is checked twice, because this statement may wait for a concurrent writer of the row. PostgreSQL then rechecks the condition
 * on the row itself, but not the inner query. Without the outer check, a lease renewed or replaced at the moment the old one expires would
 * be taken from its holder.
 */
const MARK_LAPSED = `
  UPDATE leases SET lapsed = true
  WHERE expires_at <= $1
    AND request_id IN (SELECT request_id FROM leases WHERE expires_at <= $1 ORDER BY expires_at LIMIT ${MAX_AT_ONCE})
  RETURNING request_id, attempt
`;

interface Parts {
  /** Runs the projection of leases. The reaper works only where it runs. */
  readonly runner: Runner;
  readonly book: LeaseBook;
  readonly database: Queryable;
  readonly streams: RequestStreams;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/**
 * Ends attempts whose lease expired, and resumes blocked requests whose time has come. Works only in the instance that runs the projection
 * of leases. A lease is marked as lapsed before its attempt ends, and a marked lease cannot be renewed, so a heartbeat never succeeds on a
 * lease that is being ended.
 */
export class Reaper {
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The leadership term in which every lease was given a full term. Null before. */
  #term: number | null = null;
  #lastLook = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        this.#parts.logger.debug({ err: error }, 'the reaper could not check the deadlines');
      }
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /**
   * Settles what is overdue, up to {@link MAX_AT_ONCE} leases and resumptions. Throws `DatabaseUnavailableError` and the like; the next
   * look retries.
   */
  async look(): Promise<void> {
    const { progress } = this.#parts.runner;
    if (progress.state !== 'live') {
      this.#parts.book.watching = false;
      this.#term = null;
      return;
    }
    const now = this.#parts.nowMs();
    // The real clock, which also reveals that the machine was asleep.
    const sinceLastLook = Date.now() - this.#lastLook;
    if (this.#term !== progress.term || sinceLastLook > BLIND_AFTER_MS) await this.#giveFullTerms(now);
    this.#term = progress.term;
    this.#lastLook = Date.now();
    this.#parts.book.watching = true;
    await this.#endLapsed(now);
    await this.#resumeDue(now);
  }

  /** After a start, change of leader or outage, nobody could renew: extends every lease to at least one full term from now. */
  async #giveFullTerms(now: number): Promise<void> {
    await this.#parts.database.query({
      text: `UPDATE leases SET expires_at = greatest(expires_at, $1::timestamptz + lease_seconds * interval '1 second')
        WHERE NOT lapsed`,
      values: [new Date(now).toISOString()],
    });
  }

  async #endLapsed(now: number): Promise<void> {
    const { rows } = await this.#parts.database.query<{ request_id: string; attempt: number }>({
      name: 'mark-lapsed',
      text: MARK_LAPSED,
      values: [new Date(now).toISOString()],
    });
    for (const { request_id, attempt } of rows) {
      this.#parts.logger.info({ request_id, attempt }, 'lease expired');
      await this.#settle(request_id, { command: 'LoseAttempt', attempt });
    }
  }

  async #resumeDue(now: number): Promise<void> {
    const { rows } = await this.#parts.database.query<{ request_id: string }>({
      name: 'due-resumptions',
      text: `SELECT request_id FROM resumptions WHERE resume_at <= $1 ORDER BY resume_at LIMIT ${MAX_AT_ONCE}`,
      values: [new Date(now).toISOString()],
    });
    for (const { request_id } of rows) await this.#settle(request_id, { command: 'ResumeRequest' });
  }

  async #settle(requestId: string, command: RequestCommand): Promise<void> {
    const callId = timeOrderedId();
    try {
      await this.#parts.streams.execute(requestId, command, {
        actor: { principal: SYSTEM, role: 'caller' },
        callId,
        correlationId: callId,
      });
    } catch (error) {
      if (!(error instanceof StreamTruncatedError)) throw error;
      // No command on this request can succeed any more, and it must not hold up the others.
      for (const table of ['leases', 'resumptions']) {
        await this.#parts.database.query({ text: `DELETE FROM ${table} WHERE request_id = $1`, values: [requestId] });
      }
    }
  }
}
