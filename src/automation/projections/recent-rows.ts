import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../infrastructure/postgres/database.ts';
import { requestIdOf } from '../events/codec.ts';

/** Rows of requests that changed recently. Only the projection that keeps them writes them, so most events need no read. */
export class RecentRows<Row extends object> {
  readonly #rows: LRUCache<string, Row>;
  readonly #select: pg.QueryConfig;
  readonly #read: (row: Record<string, unknown>) => Row;

  /** `select` takes an array of ids as its parameter. `sizeOf` is the approximate size of a row in bytes. */
  constructor(options: {
    readonly maxBytes: number;
    readonly sizeOf: (row: Row) => number;
    readonly select: pg.QueryConfig;
    readonly read: (row: Record<string, unknown>) => Row;
  }) {
    this.#rows = new LRUCache<string, Row>({ maxSize: options.maxBytes, sizeCalculation: options.sizeOf });
    this.#select = options.select;
    this.#read = options.read;
  }

  clear(): void {
    this.#rows.clear();
  }

  /** Keeps rows once they are committed. */
  keep(rows: Iterable<readonly [id: string, row: Row]>): void {
    for (const [id, row] of rows) this.#rows.set(id, row);
  }

  /** The rows of the requests of these events, by id, as they were before. */
  async before(events: readonly StoredEvent[], db: Queryable): Promise<Map<string, Row>> {
    const before = new Map<string, Row>();
    const missing = new Set<string>();
    for (const event of events) {
      const id = requestIdOf(event.stream);
      const kept = this.#rows.get(id);
      if (kept) before.set(id, kept);
      else if (event.revision > 0) missing.add(id);
    }
    // A stream that begins in this batch has no row yet.
    for (const event of events) if (event.revision === 0) missing.delete(requestIdOf(event.stream));
    if (missing.size === 0) return before;
    const { rows } = await db.query<Record<string, unknown>>({ ...this.#select, values: [[...missing]] });
    for (const row of rows) before.set(row.id as string, this.#read(row));
    return before;
  }
}
