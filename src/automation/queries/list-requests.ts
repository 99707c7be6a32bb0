import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { read } from '../../infrastructure/postgres/database.ts';
import { Signer } from '../../infrastructure/security/signing.ts';
import { ReadBarrier } from '../../infrastructure/subscriptions/read-barrier.ts';
import { POOL } from '../../infrastructure/tokens.ts';
import { readCursor, writeCursor } from './list-cursor.ts';
import type { ListFilters, Sort } from './list-sql.ts';
import { endOf, pageStatement, totalStatement } from './list-sql.ts';
import type { RequestRow } from './request-rows.ts';
import { viewOfRow } from './request-rows.ts';
import type { RequestView } from './request-view.ts';

export interface RequestPage {
  readonly items: readonly RequestView[];
  readonly next_cursor: string | null;
  /** Of all pages; only when asked for. */
  readonly total?: number;
  /** False when the read model may be behind what the caller has written. */
  readonly consistent: boolean;
}

/** A page of the list of requests. `limit` is 1 to 100; `position` is what the caller has written elsewhere and wants to see. */
export class ListRequests extends Query<RequestPage> {
  constructor(
    readonly filters: ListFilters,
    readonly sort: Sort,
    readonly limit: number,
    readonly options: {
      readonly cursor?: string | undefined;
      readonly includeTotal?: boolean;
      readonly position: bigint | null;
    },
  ) {
    super();
  }
}

/** Pages by keyset, so that the hundredth costs what the first did; throws `InvalidCursor` and `DatabaseUnavailableError`. */
@QueryHandler(ListRequests)
export class ListRequestsHandler implements IQueryHandler<ListRequests> {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly signer: Signer,
    private readonly barrier: ReadBarrier,
  ) {}

  async execute({ filters, sort, limit, options }: ListRequests): Promise<RequestPage> {
    const list = [sort, filters];
    const after = options.cursor === undefined ? null : readCursor(this.signer, list, options.cursor);
    const consistent = await this.barrier.wait(options.position);
    const [rows, total] = await Promise.all([
      read<RequestRow>(this.pool, pageStatement(filters, sort, limit, after)),
      options.includeTotal ? this.#total(filters) : undefined,
    ]);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return {
      items: items.map(viewOfRow),
      next_cursor: hasMore ? writeCursor(this.signer, list, endOf(sort, last)) : null,
      ...(total === undefined ? {} : { total }),
      consistent,
    };
  }

  async #total(filters: ListFilters): Promise<number> {
    const [row] = await read<{ total: string }>(this.pool, totalStatement(filters));
    return Number(row?.total ?? 0);
  }
}
