import { UnknownEventType } from '../../../event-sourcing/codec.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import type { Batch, Changes } from '../../../infrastructure/consumers/consumer.ts';
import type { ReadModel } from '../../../infrastructure/consumers/rebuild.ts';
import { ensureTables } from '../../../infrastructure/consumers/rebuild.ts';
import { evolve, sizeOfRequest } from '../../domain/evolve.ts';
import type { Request } from '../../domain/request.ts';
import { decodeEvent, requestIdOf } from '../../events/codec.ts';
import { RecentRows } from '../recent-rows.ts';
import type { ProjectedRequest } from './request-row.ts';
import {
  COUNT,
  DEFINITION,
  fromRow,
  SELECT_BY_IDS,
  toColumns,
  toCopies,
  toTexts,
  UPSERT,
  UPSERT_TEXTS,
  urgencyOf,
  VERSION,
} from './request-row.ts';

/** Consumer name. */
export const REQUESTS = 'requests';

const CACHE_BYTES = 8 * 1024 * 1024;

/**
 * The list of requests. Each row is the fold of its stream, by the same `evolve` that commands use, so an event has one meaning only.
 */
export class RequestsProjection implements ReadModel {
  readonly name = REQUESTS;
  readonly version = VERSION;
  readonly tables = ['requests', 'request_counts', 'request_texts'];
  readonly definition = DEFINITION;
  readonly #recent = new RecentRows<ProjectedRequest>({
    maxBytes: CACHE_BYTES,
    sizeOf: ({ request }) => sizeOfRequest(request),
    select: { name: 'requests-by-ids', text: SELECT_BY_IDS },
    read: fromRow,
  });

  constructor(readonly touched: (streams: readonly string[]) => Promise<void>) {}

  twin(): ReadModel {
    return new RequestsProjection(this.touched);
  }

  prepare(db: Queryable): Promise<void> {
    this.#recent.clear();
    return ensureTables(this, db);
  }

  async handle(events: readonly StoredEvent[], { db, skip, copies = false }: Batch): Promise<Changes | null> {
    const before = await this.#recent.before(events, db);
    const after = new Map<string, ProjectedRequest>();
    for (const event of events) {
      const id = requestIdOf(event.stream);
      const known = after.get(id) ?? before.get(id);
      const folded = fold(known?.request ?? null, event, skip);
      if (folded) after.set(id, { request: folded, submittedPosition: known?.submittedPosition ?? event.position });
    }
    const rows = [...after.values()];
    const counts = countChanges(before, rows);
    const reworded = rewordedOf(before, rows);
    if (rows.length === 0) return null;
    const isCopied = ({ id }: Request): boolean => copies && !before.has(id);
    const changed = rows.filter(({ request }) => !isCopied(request));
    const added = rows.filter(({ request }) => isCopied(request));
    const changedTexts = reworded.filter((request) => !isCopied(request));
    return {
      statements: [
        ...(changed.length > 0 ? [{ text: UPSERT, values: toColumns(changed) }] : []),
        ...(counts.length > 0 ? [{ text: COUNT, values: [JSON.stringify(counts)] }] : []),
        ...(changedTexts.length > 0 ? [{ text: UPSERT_TEXTS, values: toTexts(changedTexts) }] : []),
      ],
      ...(added.length > 0 ? { copies: toCopies(added) } : {}),
      committed: () => this.#recent.keep(after),
    };
  }
}

/** The request after this event, or null if it changes nothing. */
export function fold(state: Request | null, event: StoredEvent, skip: Batch['skip']): Request | null {
  const version = state?.version ?? -1;
  // A batch that is retried after a failure may find its events applied already.
  if (event.revision <= version) return null;
  // On a rebuild, a stream whose beginning was truncated cannot be folded.
  if (!state && event.revision > 0) return null;
  try {
    if (event.revision !== version + 1) throw new Error('An earlier event of this request could not be handled.');
    return evolve(state, decodeEvent(event).event);
  } catch (error) {
    // Counts an unknown type, and throws otherwise: the request then stays as it was, and other requests go on.
    skip(event, error);
    return state && error instanceof UnknownEventType ? { ...state, version: event.revision } : null;
  }
}

/** Requests with a changed title or description. */
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

/** The changes this batch makes to the counters. */
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
