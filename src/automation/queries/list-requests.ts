import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import { Signer } from '../../infrastructure/security/signing.ts';
import { ReadBarrier } from '../../infrastructure/consumers/read-barrier.ts';
import { CALLERS_POOL, SEARCHES_POOL } from '../../infrastructure/tokens.ts';
import { readCursor, writeCursor } from '../../infrastructure/security/list-cursor.ts';
import { NOT_QUEUED } from '../forwarding/deliveries.ts';
import type { ListFilters, Sort } from './list-sql.ts';
import { countsRows, endOf, isLong, pageStatement, totalStatement } from './list-sql.ts';
import type { FoundRequest, RequestRow } from './found-request.ts';
import { foundInRow } from './found-request.ts';
import { Turns } from '../../infrastructure/turns.ts';

export interface RequestPage {
  readonly items: readonly FoundRequest[];
  readonly nextCursor: string | null;
  /** Total over all pages, if requested. */
  readonly total?: number;
  /** False if the read model may lag behind the caller's writes. */
  readonly consistent: boolean;
}

/**
 * One page of requests. `limit` is 1 to 100; a page of large requests may be shorter. `position`: log position of a write the caller wants
 * reflected.
 */
export class ListRequests extends Query<RequestPage> {
  constructor(
    readonly filters: ListFilters,
    readonly sort: Sort,
    readonly limit: number,
    readonly options: {
      /** The caller, for the per-caller limits on concurrency. */
      readonly caller: string;
      readonly cursor?: string | undefined;
      readonly includeTotal?: boolean;
      readonly position: bigint | null;
    },
  ) {
    super();
  }
}

/** Per-caller limits for lists, which take a few ms each: enough for a fleet that shares a key. */
const LISTS = { atOnce: 4, maxWaiting: 200, waitMs: 1_500 };
/**
 * Per-caller limits for searches and counts, which may take long: no caller can use up the connections of their pool, and a burst of quick
 * ones only waits.
 */
const SEARCHES = { atOnce: 2, maxWaiting: 100, waitMs: 1_000 };

interface FoundRow extends RequestRow {
  /** Decimal; see {@link pageStatement}. */
  readonly found: string;
}

/** Keyset pagination, so that every page costs the same. Throws `InvalidCursor`, `TooManyAtOnce` and `DatabaseUnavailableError`. */
@QueryHandler(ListRequests)
export class ListRequestsHandler implements IQueryHandler<ListRequests> {
  readonly #listTurns = new Turns(LISTS);
  readonly #searchTurns = new Turns(SEARCHES);

  constructor(
    @Inject(CALLERS_POOL) private readonly pool: pg.Pool,
    @Inject(SEARCHES_POOL) private readonly searches: pg.Pool,
    private readonly signer: Signer,
    private readonly barrier: ReadBarrier,
  ) {}

  async execute({ filters, sort, limit, options }: ListRequests): Promise<RequestPage> {
    const list = [sort, filters];
    const after = options.cursor === undefined ? null : readCursor(this.signer, list, options.cursor);
    const consistent = await this.barrier.wait(options.position);
    const takesLong = isLong(filters) || (options.includeTotal === true && countsRows(filters));
    const pool = takesLong ? this.searches : this.pool;
    const [rows, total] = await (takesLong ? this.#searchTurns : this.#listTurns).take(options.caller, async () => {
      const found = await rowsOf<FoundRow>(pool, pageStatement(filters, sort, limit, after));
      return [found, options.includeTotal ? await totalOf(pool, filters) : undefined] as const;
    });
    const last = rows.at(-1);
    const hasMore = last !== undefined && Number(last.found) > rows.length;
    return {
      // When it was sent to the queue is no event: nobody knows what was known of it then.
      items: rows.map((row) =>
        filters.as_of === undefined ? foundInRow(row) : { ...foundInRow(row), queued: NOT_QUEUED },
      ),
      nextCursor: hasMore ? writeCursor(this.signer, list, endOf(sort, last)) : null,
      ...(total === undefined ? {} : { total }),
      consistent,
    };
  }
}

async function totalOf(pool: pg.Pool, filters: ListFilters): Promise<number> {
  const [row] = await rowsOf<{ total: string }>(pool, totalStatement(filters));
  return Number(row?.total ?? 0);
}
