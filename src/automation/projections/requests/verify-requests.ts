import type { ReadBarrier } from '../../../infrastructure/consumers/read-barrier.ts';
import type { EventStore, StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import { sameJson } from '../../domain/same-json.ts';
import { streamOf } from '../../../event-sourcing/streams.ts';
import { requestIdOf } from '../../events/codec.ts';
import type { ProjectedRequest } from './request-row.ts';
import { SELECT_WITH_TEXTS, toRow, toTexts } from './request-row.ts';
import { fold } from './requests-projection.ts';

/** A difference between the log and the read model. */
export interface Drift {
  /** Id of the request; null for the counters. */
  readonly id: string | null;
  /**
   * `differs`: the row is not the fold of its stream. `missing`: there is no row. `surplus`: there is a row, and no stream. `behind`: events
   * that the projection has passed are not in the row.
   */
  readonly kind: 'differs' | 'missing' | 'surplus' | 'behind';
  /** Names of the columns that differ. */
  readonly columns: readonly string[];
}

export interface Comparison {
  /** Number of requests compared. */
  readonly checked: number;
  /** Number of differences; the first 1,000 are listed in `found`. */
  readonly drifted: number;
  readonly found: readonly Drift[];
  /** Number of requests whose history is truncated or unreadable, or that changed faster than they could be compared. */
  readonly couldNotCheck: number;
}

export interface ComparisonOptions {
  readonly store: EventStore;
  readonly database: Queryable;
  readonly barrier: Pick<ReadBarrier, 'wait'>;
  /** Category of the request streams. */
  readonly category: string;
  readonly signal?: AbortSignal;
  /** Called after each page with the number of requests compared so far. */
  readonly onProgress?: (checked: number) => void;
}

const PAGE_ROWS = 200;
const PAGE_EVENTS = 500;
const STREAMS_AT_ONCE = 8;
const MAX_FOUND = 1_000;
/** How often a request that changes meanwhile is looked at. */
const LOOKS = 5;

/**
 * Folds every stream again and compares the result with the read model, row by row: first the rows, in the order of their ids, then the
 * streams that have no row, then the counters. Memory use does not depend on the number of requests. Writes may go on meanwhile: a row is
 * compared with the fold up to its own version, and one that lags behind is looked at again once the projection has caught up. Throws
 * `EventStoreUnavailableError`, errors of the database, and the signal's reason.
 */
export async function verifyRequests(options: ComparisonOptions): Promise<Comparison> {
  const verification = new RequestsVerification(options);
  await verification.compareRows();
  await verification.findMissing();
  await verification.compareCounts();
  return verification.result;
}

/** A row as the database returns it, with its search text. */
type Row = Record<string, unknown> & { readonly id: string; readonly version: number; readonly folded: string | null };

/** What the log says about a request up to some version. */
interface Told {
  readonly projected: ProjectedRequest | null;
  /** The first event after it; null at the end of the stream. */
  readonly next: StoredEvent | null;
}

class RequestsVerification {
  readonly #options: ComparisonOptions;
  readonly #found: Drift[] = [];
  #checked = 0;
  #drifted = 0;
  #couldNotCheck = 0;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  get result(): Comparison {
    const [checked, drifted, couldNotCheck] = [this.#checked, this.#drifted, this.#couldNotCheck];
    return { checked, drifted, found: this.#found, couldNotCheck };
  }

  async compareRows(): Promise<void> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      this.#options.signal?.throwIfAborted();
      const rows = await this.#rows('WHERE id > $1 ORDER BY id LIMIT $2', [after, PAGE_ROWS]);
      const last = rows.at(-1);
      if (!last) return;
      const waiting = [...rows];
      const lane = async (): Promise<void> => {
        for (let row = waiting.pop(); row; row = waiting.pop()) await this.#compare(row);
      };
      await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, lane));
      this.#options.onProgress?.(this.#checked);
      after = last.id;
    }
  }

  async #compare(first: Row): Promise<void> {
    this.#checked += 1;
    let row = first;
    for (let look = 1; look <= LOOKS; look += 1) {
      const told = await this.#tell(row.id, row.version);
      if (told === null) return void (this.#couldNotCheck += 1);
      if (!told.projected) return this.#note({ id: row.id, kind: 'surplus', columns: [] });
      const columns = columnsThatDiffer(told.projected, row);
      if (columns.length > 0) return this.#note({ id: row.id, kind: 'differs', columns });
      if (!told.next || fold(told.projected.request, told.next, () => undefined) === null) return;
      // The row may have moved since it was read, or the projection is not that far yet.
      const reached = await this.#options.barrier.wait(told.next.position);
      const [again] = await this.#rows('WHERE id = $1', [row.id]);
      if (!again) return this.#note({ id: row.id, kind: 'missing', columns: [] });
      if (again.version <= row.version && reached) return this.#note({ id: row.id, kind: 'behind', columns: [] });
      row = again;
    }
    this.#couldNotCheck += 1;
  }

  /** Reads the log once more for streams that have no row. */
  async findMissing(): Promise<void> {
    const { store, category, database, barrier, signal } = this.#options;
    const end = await store.tail();
    for (let after: bigint | null = null; ;) {
      signal?.throwIfAborted();
      const page = await store.readLog({ after, streamPrefix: `${category}-`, maxCount: PAGE_EVENTS });
      const begun = page.events.filter(({ revision }) => revision === 0);
      const readable = begun.filter((event) => fold(null, event, () => undefined) !== null);
      this.#couldNotCheck += begun.length - readable.length;
      const last = readable.at(-1);
      if (last) {
        await barrier.wait(last.position);
        const text = `SELECT id FROM unnest($1::uuid[]) AS begun (id) WHERE NOT EXISTS (SELECT FROM requests WHERE requests.id = begun.id)`;
        const values = [readable.map(({ stream }) => requestIdOf(stream))];
        const { rows } = await database.query<{ id: string }>({ name: 'verify-missing', text, values });
        for (const { id } of rows) this.#note({ id, kind: 'missing', columns: [] });
      }
      // What was appended since it began is not waited for: writes may never pause.
      if (page.atEnd || end === null || (page.position !== null && page.position >= end)) return;
      after = page.position;
    }
  }

  async compareCounts(): Promise<void> {
    const { rows } = await this.#options.database.query<{ kind: string }>({
      text: `
        SELECT coalesce(kept.status, counted.status) || ' ' || coalesce(kept.type, counted.type) AS kind
        FROM (SELECT * FROM request_counts WHERE count <> 0) AS kept
        FULL JOIN (SELECT status, type, urgency, count(*) FROM requests GROUP BY status, type, urgency) AS counted
          USING (status, type, urgency)
        WHERE kept.count IS DISTINCT FROM counted.count
        ORDER BY 1`,
    });
    if (rows.length > 0) this.#note({ id: null, kind: 'differs', columns: rows.map(({ kind }) => kind) });
  }

  /** Folds a stream up to a version. Null if its beginning is gone or an event cannot be read. */
  async #tell(id: string, version: number): Promise<Told | null> {
    const { store, category } = this.#options;
    let projected = null as ProjectedRequest | null;
    let isReadable = true;
    const skip = (): void => void (isReadable = false);
    for (let from = 0; ;) {
      const page = await store.readStream({ stream: streamOf(category, id), from, maxCount: PAGE_EVENTS });
      if (page.truncated) return null;
      for (const event of page.events) {
        if (event.revision > version) return isReadable ? { projected, next: event } : null;
        const request = fold(projected?.request ?? null, event, skip);
        if (request) projected = { request, submittedPosition: projected?.submittedPosition ?? event.position };
      }
      if (page.atEnd) return isReadable ? { projected, next: null } : null;
      from = (page.events.at(-1)?.revision ?? from) + 1;
    }
  }

  async #rows(where: string, values: unknown[]): Promise<readonly Row[]> {
    const { rows } = await this.#options.database.query<Row>({ text: `${SELECT_WITH_TEXTS} ${where}`, values });
    return rows;
  }

  #note(drift: Drift): void {
    this.#drifted += 1;
    if (this.#found.length < MAX_FOUND) this.#found.push(drift);
  }
}

function columnsThatDiffer(projected: ProjectedRequest, row: Row): string[] {
  const expected = { ...toRow(projected), folded: toTexts([projected.request])[1][0] };
  return Object.entries(expected)
    .filter(([name, value]) => !sameJson(value, row[name]))
    .map(([name]) => name);
}
