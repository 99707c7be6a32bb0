import type pg from 'pg';
import type { EventStore } from '../../../infrastructure/event-store/event-store.ts';
import { requestIdOf } from '../../events/codec.ts';

const MARK = 'INSERT INTO truncated_requests (request_id) SELECT $1::uuid ON CONFLICT DO NOTHING';
const UNMARK = 'DELETE FROM truncated_requests WHERE request_id = $1::uuid';
const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Tracks requests whose stream was deleted or truncated. The log announces explicit changes, but not when a limit on count or age takes
 * effect: the next command discovers that.
 */
export class TruncatedRequests {
  readonly #store: EventStore;
  readonly #pool: pg.Pool;

  constructor(store: EventStore, pool: pg.Pool) {
    this.#store = store;
    this.#pool = pool;
  }

  /** Checks streams that were deleted or whose metadata changed. Truncation can be undone as long as the events still exist. */
  async check(streams: readonly string[]): Promise<void> {
    for (const stream of streams) {
      const id = requestIdOf(stream);
      if (!isUuid.test(id)) continue;
      const { truncated } = await this.#store.readStream({ stream, maxCount: 1 });
      await this.#pool.query({ text: truncated ? MARK : UNMARK, values: [id] });
    }
  }

  async mark(requestId: string): Promise<void> {
    await this.#pool.query({ text: MARK, values: [requestId] });
  }
}
