import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Instant } from '../domain/request.ts';

/** The latest queue message for a request. Not an event, and not part of the request's version. */
export interface QueueDelivery {
  readonly queued_at: Instant | null;
  readonly queue_message_id: string | null;
}

export const NOT_QUEUED: QueueDelivery = { queued_at: null, queue_message_id: null };

/** Maximum time in ms that a command's answer waits for the database, which the command itself does not need. */
const LOOKUP_LIMIT_MS = 300;
const KEPT = 10_000;

interface DeliveryRow extends pg.QueryResultRow {
  readonly queued_at: string;
  readonly queue_message_id: string;
}

/**
 * Queue messages of requests, for the answers of commands, which do not come from the read model. Messages forwarded by this process are
 * cached.
 */
export class Deliveries {
  readonly #pool: pg.Pool;
  readonly #kept = new LRUCache<string, QueueDelivery>({ max: KEPT });
  /** False if nothing was ever queued, so that there is nothing to look up. */
  #anyQueued: boolean;
  #isForwarding: () => boolean = () => false;

  constructor(pool: pg.Pool, options: { readonly hasQueue: boolean }) {
    this.#pool = pool;
    this.#anyQueued = options.hasQueue;
  }

  /** Finds out whether a queue was configured at an earlier start. While the database is unavailable, assumes so. */
  async prepare(): Promise<void> {
    if (this.#anyQueued) return;
    const found = await this.#pool.query('SELECT 1 FROM queue_deliveries LIMIT 1').catch(() => null);
    this.#anyQueued = found?.rowCount !== 0;
  }

  keep(requestId: string, delivery: QueueDelivery): void {
    this.#kept.set(requestId, delivery);
  }

  /** The cache is valid only while this process is the one that forwards. */
  keptWhile(forwarding: () => boolean): void {
    this.#isForwarding = forwarding;
  }

  /** The queue message as known without asking the database; null if it has to be asked. */
  known(requestId: string): QueueDelivery | null {
    if (!this.#anyQueued) return NOT_QUEUED;
    const kept = this.#isForwarding() ? this.#kept.get(requestId) : undefined;
    return kept ?? null;
  }

  /** Null fields if nothing was queued, or if the database does not answer in time. */
  async of(requestId: string): Promise<QueueDelivery> {
    return this.known(requestId) ?? (await this.#lookUp(requestId));
  }

  async #lookUp(requestId: string): Promise<QueueDelivery> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<QueueDelivery>((resolve) => {
      timer = setTimeout(() => resolve(NOT_QUEUED), LOOKUP_LIMIT_MS);
    });
    const found = this.#pool
      .query<DeliveryRow>({
        name: 'get-delivery',
        text: 'SELECT queued_at, queue_message_id FROM queue_deliveries WHERE request_id = $1',
        values: [requestId],
      })
      .then(
        ({ rows }) => rows[0] ?? NOT_QUEUED,
        () => NOT_QUEUED,
      );
    return Promise.race([found, late]).finally(() => clearTimeout(timer));
  }
}
