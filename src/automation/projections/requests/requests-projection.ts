import { LRUCache } from 'lru-cache';
import { UnknownEventType } from '../../../event-sourcing/codec.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import type { Projection } from '../../../infrastructure/consumers/projection.ts';
import { evolve } from '../../domain/evolve.ts';
import type { Request } from '../../domain/request.ts';
import { sizeOfRequest } from '../../domain/size.ts';
import { decodeEvent, requestIdOf } from '../../events/codec.ts';
import type { ProjectedRequest } from './request-row.ts';
import {
  COUNT,
  DEFINITION,
  fromRow,
  SELECT_BY_IDS,
  toColumns,
  toTexts,
  UPSERT,
  UPSERT_TEXTS,
  urgencyOf,
} from './request-row.ts';

/** Gathering for so long saves most of the database's work per event, and is less than a person notices. */
const WINDOW_MS = 5;
const CACHE_BYTES = 8 * 1024 * 1024;

/**
 * The list of requests. A row is the fold of its stream, by the same `evolve` that commands are decided on, so there is one meaning of
 * an event and not two. Rows of recently changed requests are kept in memory, since this process alone writes them.
 */
export class RequestsProjection implements Projection {
  readonly name = 'requests';
  readonly version = 3;
  readonly tables = ['requests', 'request_counts', 'request_texts'];
  readonly definition = DEFINITION;
  readonly windowMs = WINDOW_MS;
  readonly #rows = new LRUCache<string, ProjectedRequest>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ request }) => sizeOfRequest(request),
  });
  readonly #onSkipped: (event: StoredEvent, error: unknown) => void;

  /** `onSkipped` hears of events that this version does not know or cannot read. They change nothing. */
  constructor(onSkipped: (event: StoredEvent, error: unknown) => void) {
    this.#onSkipped = onSkipped;
  }

  forget(): void {
    this.#rows.clear();
  }

  async project(
    events: readonly StoredEvent[],
    database: Queryable,
  ): Promise<((database: Queryable) => Promise<void>) | null> {
    const before = await this.#rowsBefore(events, database);
    const after = new Map<string, ProjectedRequest>();
    for (const event of events) {
      const id = requestIdOf(event.stream);
      const known = after.get(id) ?? before.get(id);
      const folded = this.#fold(known?.request ?? null, event);
      if (folded) after.set(id, { request: folded, submittedPosition: known?.submittedPosition ?? event.position });
    }
    const rows = [...after.values()];
    const counts = countChanges(before, rows);
    const reworded = rewordedOf(before, rows);
    if (rows.length === 0) return null;
    return async (leader) => {
      await leader.query({ name: 'upsert-requests', text: UPSERT, values: toColumns(rows) });
      if (counts.length > 0) {
        await leader.query({ name: 'count-requests', text: COUNT, values: [JSON.stringify(counts)] });
      }
      if (reworded.length > 0) {
        await leader.query({ name: 'upsert-texts', text: UPSERT_TEXTS, values: toTexts(reworded) });
      }
      // Should the commit fail, everything kept is forgotten before the next batch.
      for (const row of rows) this.#rows.set(row.request.id, row);
    };
  }

  /** The request after this event; null when it changes nothing. */
  #fold(state: Request | null, event: StoredEvent): Request | null {
    const version = state?.version ?? -1;
    // A batch that is handled again after a failure meets rows that have its events already.
    if (event.revision <= version) return null;
    // A rebuild after the beginning of a stream was truncated: of what is left nothing can be made.
    if (!state && event.revision > 0) return null;
    try {
      if (event.revision !== version + 1) throw new Error('An earlier event of this request could not be handled.');
      return evolve(state, decodeEvent(event).event);
    } catch (error) {
      // One bad event must not hold up the others: the requests beside it go on, this one stays as it was.
      this.#onSkipped(event, error);
      return state && error instanceof UnknownEventType ? { ...state, version: event.revision } : null;
    }
  }

  async #rowsBefore(events: readonly StoredEvent[], database: Queryable): Promise<Map<string, ProjectedRequest>> {
    const before = new Map<string, ProjectedRequest>();
    const missing = new Set<string>();
    for (const event of events) {
      const id = requestIdOf(event.stream);
      const kept = this.#rows.get(id);
      if (kept) before.set(id, kept);
      // A stream that begins in this batch has no row.
      else if (event.revision > 0) missing.add(id);
      else missing.delete(id);
    }
    for (const event of events) if (event.revision === 0) missing.delete(requestIdOf(event.stream));
    if (missing.size > 0) {
      const { rows } = await database.query<Record<string, unknown>>({
        name: 'requests-by-ids',
        text: SELECT_BY_IDS,
        values: [[...missing]],
      });
      for (const row of rows) {
        const projected = fromRow(row);
        before.set(projected.request.id, projected);
      }
    }
    return before;
  }
}

/** Those whose title or description is new. */
function rewordedOf(
  before: ReadonlyMap<string, ProjectedRequest>,
  after: readonly ProjectedRequest[],
): readonly Request[] {
  return after
    .map(({ request }) => request)
    .filter(({ id, title, description }) => {
      const old = before.get(id)?.request;
      return old?.title !== title || old.description !== description;
    });
}

interface CountChange {
  readonly status: string;
  readonly type: string;
  readonly urgency: number;
  readonly count: number;
}

/** How the batch moves requests between the counters. */
function countChanges(
  before: ReadonlyMap<string, ProjectedRequest>,
  after: readonly ProjectedRequest[],
): CountChange[] {
  const changes = new Map<string, { status: string; type: string; urgency: number; count: number }>();
  const add = ({ status, type, priority }: Request, by: number): void => {
    const urgency = urgencyOf(priority);
    const key = `${status} ${type} ${urgency}`;
    const change = changes.get(key) ?? { status, type, urgency, count: 0 };
    change.count += by;
    changes.set(key, change);
  };
  for (const { request } of after) {
    const old = before.get(request.id)?.request;
    if (old) add(old, -1);
    add(request, 1);
  }
  return [...changes.values()].filter(({ count }) => count !== 0);
}
