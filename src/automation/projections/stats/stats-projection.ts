import type { Batch, Changes } from '../../../infrastructure/consumers/consumer.ts';
import type { ReadModel } from '../../../infrastructure/consumers/rebuild.ts';
import { ensureTables } from '../../../infrastructure/consumers/rebuild.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import type { Row, Table } from '../../../infrastructure/postgres/table-rows.ts';
import { columnsOf, copyOf, upsertInto } from '../../../infrastructure/postgres/table-rows.ts';
import { sameJson } from '../../domain/same-json.ts';
import { decodeEvent, requestCodec, requestIdOf } from '../../events/codec.ts';
import type { RequestEventType } from '../../domain/events.ts';
import { RecentRows } from '../recent-rows.ts';
import type { RequestFacts, Stay } from './stats-row.ts';
import { DEFINITION, foldFacts, SELECT_BY_IDS, TABLES } from './stats-row.ts';

/** Consumer name. */
export const STATS = 'stats';

const CACHE_BYTES = 2 * 1024 * 1024;
const BYTES_PER_REQUEST = 400;
const BYTES_PER_ATTEMPT = 150;

/** Events that change no fact are not even decoded. */
const RELEVANT: ReadonlySet<string | null> = new Set<RequestEventType>([
  'RequestSubmitted',
  'RequestDetailsRevised',
  'RequestClaimed',
  'PlanningStarted',
  'ImplementationStarted',
  'TestingStarted',
  'ReviewStarted',
  'DeploymentStarted',
  'RequestBlocked',
  'RequestUnblocked',
  'RequestCompleted',
  'RequestFailed',
  'RequestCancelled',
  'RequestRequeued',
  'AttemptProgressed',
  'AttemptEnded',
  'AttemptReportedLate',
  'AttemptLost',
]);

const UPSERTS = new Map<Table, string>(Object.values(TABLES).map((table) => [table, upsertInto(table)]));

/** What `/stats` counts: requests, their stays in each status, and their attempts. */
export class StatsProjection implements ReadModel {
  readonly name = STATS;
  readonly version = 1;
  /** Who asks for statistics waits for them; for nobody else do they have to be written at once. */
  readonly gatherMs = 500;
  readonly tables = Object.values(TABLES).map(({ name }) => name);
  readonly definition = DEFINITION;
  readonly #recent = new RecentRows<RequestFacts>({
    maxBytes: CACHE_BYTES,
    sizeOf: ({ attempts }) => BYTES_PER_REQUEST + BYTES_PER_ATTEMPT * attempts.length,
    select: { name: 'stats-by-ids', text: SELECT_BY_IDS },
    read: (row) => row as unknown as RequestFacts,
  });

  twin(): ReadModel {
    return new StatsProjection();
  }

  prepare(db: Queryable): Promise<void> {
    this.#recent.clear();
    return ensureTables(this, db);
  }

  async handle(events: readonly StoredEvent[], { db, skip, copies = false }: Batch): Promise<Changes | null> {
    const relevant = events.filter(({ type }) => RELEVANT.has(requestCodec.nameOf(type)));
    if (relevant.length === 0) return null;
    const before = await this.#recent.before(relevant, db);
    const after = new Map<string, RequestFacts>();
    const stays: Stay[] = [];
    for (const stored of relevant) {
      const id = requestIdOf(stored.stream);
      const known = after.get(id) ?? before.get(id) ?? null;
      // A batch that is retried may find its events applied, and a stream whose beginning is gone has no facts.
      if (stored.revision <= (known?.version ?? -1) || (!known && stored.revision > 0)) continue;
      try {
        const { facts, stay } = foldFacts(known, decodeEvent(stored).event);
        after.set(id, facts);
        if (stay) stays.push(stay);
      } catch (error) {
        skip(stored, error);
      }
    }
    if (after.size === 0) return null;
    const facts = [...after.values()];
    const attempts = facts.flatMap((request) => changedAttempts(request, before.get(request.id)));
    const [added, changed] = copies ? split(facts, ({ id }) => !before.has(id)) : [[], facts];
    return {
      statements: [
        ...upsert(TABLES.requests, changed),
        ...upsert(TABLES.stays, copies ? [] : stays),
        ...upsert(TABLES.attempts, attempts),
      ],
      ...(copies ? { copies: [copyOf(TABLES.requests, asRows(added)), copyOf(TABLES.stays, stays)] } : {}),
      committed: () => this.#recent.keep(after),
    };
  }
}

/** The rows of the attempts that are not as they were. */
function changedAttempts({ id, attempts }: RequestFacts, before: RequestFacts | undefined): readonly Row[] {
  return attempts
    .filter((attempt, i) => !sameJson(attempt, before?.attempts[i]))
    .map((attempt) => ({ request_id: id, ...attempt }));
}

function upsert(table: Table, facts: readonly object[]) {
  if (facts.length === 0) return [];
  return [{ text: UPSERTS.get(table) ?? '', values: columnsOf(table, asRows(facts)) }];
}

function asRows(facts: readonly object[]): readonly Row[] {
  return facts as readonly Row[];
}

function split<T>(all: readonly T[], is: (one: T) => boolean): [readonly T[], readonly T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}
