import { UnknownEventType } from '../../../event-sourcing/codec.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Statement } from '../../../infrastructure/consumers/checkpoints.ts';
import type { Copy } from '../../../infrastructure/postgres/copy.ts';
import type { Row } from '../../../infrastructure/postgres/table-rows.ts';
import { columnsOf, copyOf, upsertInto } from '../../../infrastructure/postgres/table-rows.ts';
import { MOVE_HORIZON, PAST_TABLES, PAST_TEXTS, pastOf, PRUNE_ROWS, PRUNE_TEXTS } from './past-rows.ts';
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
  PAST,
  searchText,
  SELECT_BY_IDS,
  toColumns,
  toCopies,
  toRow,
  toTexts,
  UPSERT,
  UPSERT_TEXTS,
  urgencyOf,
  VERSION,
} from './request-row.ts';

/** Consumer name. */
export const REQUESTS = 'requests';

const CACHE_BYTES = 8 * 1024 * 1024;
/** How often past rows are deleted, in ms, and how many at least, if there are any. */
const PRUNE_EVERY_MS = 10_000;
const PRUNE_AT_LEAST = 1_000;

const INSERT_PAST = upsertInto(PAST);
const INSERT_PAST_TEXTS = upsertInto(PAST_TEXTS);

/**
 * The list of requests. Each row is the fold of its stream, by the same `evolve` that commands use, so an event has one meaning only. What
 * a request was before is kept beside it, for the list as of an earlier time: the row that an event replaces is known here already.
 */
export class RequestsProjection implements ReadModel {
  readonly name = REQUESTS;
  readonly version = VERSION;
  readonly tables = ['requests', 'request_counts', 'request_texts', ...PAST_TABLES];
  readonly definition = DEFINITION;
  readonly #recent = new RecentRows<ProjectedRequest>({
    maxBytes: CACHE_BYTES,
    sizeOf: ({ request }) => sizeOfRequest(request),
    select: { name: 'requests-by-ids', text: SELECT_BY_IDS },
    read: fromRow,
  });

  #prunedUntilMs = -Infinity;
  #writtenSincePrune = 0;

  /** Past rows that ended before `keptSinceMs()`, a `Date.now()` time in ms, are deleted; without it, none. */
  constructor(
    readonly touched: (streams: readonly string[]) => Promise<void>,
    readonly keptSinceMs: () => number = () => -Infinity,
  ) {}

  twin(): ReadModel {
    return new RequestsProjection(this.touched, this.keptSinceMs);
  }

  prepare(db: Queryable): Promise<void> {
    this.#recent.clear();
    return ensureTables(this, db);
  }

  async handle(events: readonly StoredEvent[], { db, skip, copies = false }: Batch): Promise<Changes | null> {
    const before = await this.#recent.before(events, db);
    const after = new Map<string, ProjectedRequest>();
    const past = new PastKept(this.keptSinceMs());
    for (const event of events) {
      const id = requestIdOf(event.stream);
      const known = after.get(id) ?? before.get(id) ?? null;
      const projected = project(known, event, skip);
      if (!projected) continue;
      after.set(id, projected);
      if (known) past.add(known, projected);
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
        ...(copies ? [] : past.statements),
        ...this.#prune(past),
      ],
      ...(copies ? { copies: [...(added.length > 0 ? toCopies(added) : []), ...past.copies] } : {}),
      committed: () => this.#recent.keep(after),
    };
  }

  /** Now and then, deletes more past rows than were written since, so that there is an end of it. */
  #prune({ rows, texts, isDropping }: PastKept): Statement[] {
    this.#writtenSincePrune += rows.length + texts.length;
    const keptSinceMs = this.keptSinceMs();
    const isDue = keptSinceMs - this.#prunedUntilMs >= PRUNE_EVERY_MS;
    if (!isDue && !isDropping) return [];
    const keptSince = new Date(keptSinceMs).toISOString();
    const horizon = { text: MOVE_HORIZON, values: [keptSince] };
    if (!isDue) return [horizon];
    const values = [keptSince, PRUNE_AT_LEAST + 2 * this.#writtenSincePrune];
    this.#prunedUntilMs = keptSinceMs;
    this.#writtenSincePrune = 0;
    return [horizon, { text: PRUNE_ROWS, values }, { text: PRUNE_TEXTS, values }];
  }
}

/** What a batch makes the past, as far as it is kept. */
class PastKept {
  readonly rows: Row[] = [];
  readonly texts: Row[] = [];
  isDropping = false;
  readonly #sinceMs: number;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  add(before: ProjectedRequest, after: ProjectedRequest): void {
    // As when an old log is read again.
    if (Date.parse(after.validFrom) < this.#sinceMs) {
      this.isDropping = true;
      return;
    }
    const states = { row: toRow(before), before: before.request, after: after.request };
    const { rows, texts } = pastOf(states, after.validFrom, searchText);
    this.rows.push(...rows);
    this.texts.push(...texts);
  }

  get copies(): readonly Copy[] {
    return [copyOf(PAST, this.rows), copyOf(PAST_TEXTS, this.texts)].filter(({ rows }) => rows.length > 0);
  }

  get statements(): Statement[] {
    return [
      ...(this.rows.length > 0 ? [{ text: INSERT_PAST, values: columnsOf(PAST, this.rows) }] : []),
      ...(this.texts.length > 0 ? [{ text: INSERT_PAST_TEXTS, values: columnsOf(PAST_TEXTS, this.texts) }] : []),
    ];
  }
}

/** The row after this event, or null if it changes nothing. */
export function project(
  known: ProjectedRequest | null,
  event: StoredEvent,
  skip: Batch['skip'],
): ProjectedRequest | null {
  const request = fold(known?.request ?? null, event, skip);
  if (!request) return null;
  const isEarlier = known !== null && known.validFrom > request.last_update;
  return {
    request,
    submittedPosition: known?.submittedPosition ?? event.position,
    validFrom: isEarlier ? known.validFrom : request.last_update,
  };
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
