import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Instant } from '../domain/request.ts';

/** What was sent to the queue for a request. It is not an event, and not part of the version. */
export interface QueueDelivery {
  readonly queued_at: Instant | null;
  readonly queue_message_id: string | null;
}

export const NOT_QUEUED: QueueDelivery = { queued_at: null, queue_message_id: null };

/** What a command's answer waits for the database at most, in ms: the command itself needs none. */
const LOOKUP_LIMIT_MS = 300;
const KEPT = 10_000;

interface DeliveryRow extends pg.QueryResultRow {
  readonly queued_at: string;
  readonly queue_message_id: string;
}

/**
 * What the queue was given of requests, for the answers of commands, which do not come from the read model. What this process forwarded
 * itself is kept in memory.
 */
export class Deliveries {
  readonly #pool: pg.Pool;
  readonly #kept = new LRUCache<string, QueueDelivery>({ max: KEPT });
  /** False as long as nothing was ever queued: then there is nothing to look up. */
  #anyQueued: boolean;
  #isForwarding: () => boolean = () => false;

  constructor(pool: pg.Pool, options: { readonly hasQueue: boolean }) {
    this.#pool = pool;
    this.#anyQueued = options.hasQueue;
  }

  /** A queue may have been configured at an earlier start; while the database is away, it is taken that one was. */
  async prepare(): Promise<void> {
    if (this.#anyQueued) return;
    const found = await this.#pool.query('SELECT 1 FROM queue_deliveries LIMIT 1').catch(() => null);
    this.#anyQueued = found?.rowCount !== 0;
  }

  keep(requestId: string, delivery: QueueDelivery): void {
    this.#kept.set(requestId, delivery);
  }

  /** What is kept in memory counts only while this process is the one that forwards. */
  keptWhile(forwarding: () => boolean): void {
    this.#isForwarding = forwarding;
  }

  /** Null fields when nothing was queued, and when the database does not answer in time. */
  async of(requestId: string): Promise<QueueDelivery> {
    if (!this.#anyQueued) return NOT_QUEUED;
    const kept = this.#isForwarding() ? this.#kept.get(requestId) : undefined;
    return kept ?? (await this.#lookUp(requestId));
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
