import { canonicalJson } from '../../../event-sourcing/codec.ts';
import type { ReadBarrier } from '../../../infrastructure/consumers/read-barrier.ts';
import type { EventStore, StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import { rowsOf } from '../../../infrastructure/postgres/database.ts';
import { PRIORITIES } from '../../domain/request.ts';
import { sameJson } from '../../domain/same-json.ts';
import { streamOf } from '../../../event-sourcing/streams.ts';
import { requestIdOf } from '../../events/codec.ts';
import type { ProjectedRequest } from './request-row.ts';
import { SELECT_WITH_TEXTS, toRow, toTexts } from './request-row.ts';
import { fold, project } from './requests-projection.ts';

/**
 * A difference between the log and the read model. A row that is missing, or that is there without a stream, differs in its `id`; one that
 * lacks events which the projection has passed, in its `version`.
 */
export interface Drift {
  /** Id of the request; null for the counters. */
  readonly id: string | null;
  /** Name of the column; of a counter its status, type and priority. */
  readonly field: string;
  /** What the log says. Of texts and lists an excerpt from where they differ; null if there is nothing. */
  readonly expected: unknown;
  /** What the read model has. */
  readonly actual: unknown;
}

export interface Comparison {
  /** Number of requests compared. */
  readonly checked: number;
  /** Number of differences; the first 200 are listed in `found`. */
  readonly drifted: number;
  readonly found: readonly Drift[];
  /** Number of requests whose history is truncated or unreadable, that changed faster than they could be compared, or that time did not suffice for. */
  readonly couldNotCheck: number;
  /** Whether time sufficed for everything. */
  readonly isComplete: boolean;
}

export interface ComparisonOptions {
  readonly store: EventStore;
  readonly database: Queryable;
  readonly barrier: Pick<ReadBarrier, 'wait'>;
  /** Category of the request streams. */
  readonly category: string;
  readonly signal?: AbortSignal;
  /** How long it may take, in ms. After that the rest is not checked. */
  readonly limitMs?: number;
}

/** Rows read at once; each may hold some 600 KB of text. */
const PAGE_ROWS = 50;
const PAGE_EVENTS = 500;
const STREAMS_AT_ONCE = 8;
const MAX_FOUND = 200;
/** Length of texts in differences, in UTF-16 units. */
const MAX_EXCERPT = 200;
/** How much of them is shown from before the difference. */
const CONTEXT = 20;
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
  #isComplete = true;
  readonly #until: number;

  constructor(options: ComparisonOptions) {
    this.#options = options;
    this.#until = performance.now() + (options.limitMs ?? Infinity);
  }

  get result(): Comparison {
    const [checked, drifted, couldNotCheck] = [this.#checked, this.#drifted, this.#couldNotCheck];
    return { checked, drifted, found: this.#found, couldNotCheck, isComplete: this.#isComplete };
  }

  async compareRows(): Promise<void> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      this.#options.signal?.throwIfAborted();
      if (this.#isTooLate()) {
        this.#couldNotCheck += await this.#countAfter(after);
        return;
      }
      const rows = await this.#rows('WHERE id > $1 ORDER BY id LIMIT $2', [after, PAGE_ROWS]);
      const last = rows.at(-1);
      if (!last) return;
      const waiting = [...rows];
      const lane = async (): Promise<void> => {
        for (let row = waiting.pop(); row; row = waiting.pop()) await this.#compare(row);
      };
      await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, lane));
      after = last.id;
    }
  }

  async #compare(first: Row): Promise<void> {
    this.#checked += 1;
    let row = first;
    for (let look = 1; look <= LOOKS; look += 1) {
      const told = await this.#tell(row.id, row.version);
      if (told === null) return void (this.#couldNotCheck += 1);
      if (!told.projected) return this.#note({ id: row.id, field: 'id', expected: null, actual: row.id });
      const differences = differencesOf(told.projected, row);
      for (const difference of differences) this.#note({ id: row.id, ...difference });
      if (differences.length > 0) return;
      if (!told.next || fold(told.projected.request, told.next, () => undefined) === null) return;
      // The row may have moved since it was read, or the projection is not that far yet.
      const reached = await this.#options.barrier.wait(told.next.position);
      const [again] = await this.#rows('WHERE id = $1', [row.id]);
      if (!again) return this.#note({ id: row.id, field: 'id', expected: row.id, actual: null });
      if (again.version <= row.version && reached) {
        return this.#note({ id: row.id, field: 'version', expected: told.next.revision, actual: again.version });
      }
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
      if (this.#isTooLate()) return;
      const page = await store.readLog({ after, streamPrefix: `${category}-`, maxCount: PAGE_EVENTS });
      const begun = page.events.filter(({ revision }) => revision === 0);
      const readable = begun.filter((event) => fold(null, event, () => undefined) !== null);
      this.#couldNotCheck += begun.length - readable.length;
      const last = readable.at(-1);
      if (last) {
        await barrier.wait(last.position);
        const text = `SELECT id FROM unnest($1::uuid[]) AS begun (id) WHERE NOT EXISTS (SELECT FROM requests WHERE requests.id = begun.id)`;
        const values = [readable.map(({ stream }) => requestIdOf(stream))];
        const rows = await rowsOf<{ id: string }>(database, { name: 'verify-missing', text, values });
        for (const { id } of rows) this.#note({ id, field: 'id', expected: id, actual: null });
      }
      // What was appended since it began is not waited for: writes may never pause.
      if (page.atEnd || end === null || (page.position !== null && page.position >= end)) return;
      after = page.position;
    }
  }

  async compareCounts(): Promise<void> {
    const rows = await rowsOf<{ status: string; type: string; urgency: number; expected: number; actual: number }>(
      this.#options.database,
      {
        text: `
        SELECT status, type, urgency, coalesce(counted.count, 0)::integer AS expected, coalesce(kept.count, 0)::integer AS actual
        FROM (SELECT * FROM request_counts WHERE count <> 0) AS kept
        FULL JOIN (SELECT status, type, urgency, count(*) FROM requests GROUP BY status, type, urgency) AS counted
          USING (status, type, urgency)
        WHERE kept.count IS DISTINCT FROM counted.count
        ORDER BY 1, 2, 3`,
      },
    );
    for (const { status, type, urgency, expected, actual } of rows) {
      this.#note({ id: null, field: `${status} ${type} ${PRIORITIES.at(-1 - urgency)}`, expected, actual });
    }
  }

  #isTooLate(): boolean {
    if (performance.now() < this.#until) return false;
    this.#isComplete = false;
    return true;
  }

  async #countAfter(id: string): Promise<number> {
    const text = 'SELECT count(*)::integer AS count FROM requests WHERE id > $1';
    const rows = await rowsOf<{ count: number }>(this.#options.database, { text, values: [id] });
    return rows[0]?.count ?? 0;
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
        projected = project(projected, event, skip) ?? projected;
      }
      if (page.atEnd) return isReadable ? { projected, next: null } : null;
      from = (page.events.at(-1)?.revision ?? from) + 1;
    }
  }

  async #rows(where: string, values: unknown[]): Promise<readonly Row[]> {
    return rowsOf<Row>(this.#options.database, { text: `${SELECT_WITH_TEXTS} ${where}`, values });
  }

  #note(drift: Drift): void {
    this.#drifted += 1;
    if (this.#found.length < MAX_FOUND) this.#found.push(drift);
  }
}

function differencesOf(projected: ProjectedRequest, row: Row): Omit<Drift, 'id'>[] {
  const expected = { ...toRow(projected), folded: toTexts([projected.request])[1][0] };
  return Object.entries(expected)
    .filter(([field, value]) => !sameJson(value, row[field]))
    .map(([field, value]) => ({ field, ...excerpts(value, row[field]) }));
}

/** Both values, or of long ones what there is from shortly before their first difference. */
function excerpts(expected: unknown, actual: unknown): Pick<Drift, 'expected' | 'actual'> {
  const values = [expected, actual].map((value) => value ?? null);
  const [one = '', other = ''] = values.map((value) => (typeof value === 'string' ? value : canonicalJson(value)));
  if (Math.max(one.length, other.length) <= MAX_EXCERPT) return { expected: values[0], actual: values[1] };
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - CONTEXT);
  const end = from + MAX_EXCERPT;
  const cut = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, end).toWellFormed()}${end < text.length ? '…' : ''}`;
  return { expected: cut(one), actual: cut(other) };
}
