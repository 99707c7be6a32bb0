import type pg from 'pg';
import type { EventStore } from '../../../infrastructure/event-store/event-store.ts';
import { requestIdOf } from '../../events/codec.ts';

const MARK = 'INSERT INTO truncated_requests (request_id) SELECT $1::uuid ON CONFLICT DO NOTHING';
const UNMARK = 'DELETE FROM truncated_requests WHERE request_id = $1::uuid';
const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Requests of which somebody deleted or truncated the stream. The log says so as it happens, but not when a limit on count or age takes
 * effect: that is found out by the next command.
 */
export class TruncatedRequests {
  readonly #store: EventStore;
  readonly #pool: pg.Pool;

  constructor(store: EventStore, pool: pg.Pool) {
    this.#store = store;
    this.#pool = pool;
  }

  /** Looks at streams that were touched. Truncation can be taken back for as long as the events are still there. */
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
