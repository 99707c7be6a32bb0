import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { EventStoreUnavailableError } from '../../infrastructure/event-store/event-store.ts';
import { DatabaseUnavailableError, read } from '../../infrastructure/postgres/database.ts';
import { ReadBarrier } from '../../infrastructure/subscriptions/read-barrier.ts';
import { POOL } from '../../infrastructure/tokens.ts';
import { RequestStreams } from '../commands/request-streams.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { RequestRow } from './request-rows.ts';
import { DELIVERY_COLUMNS, JOIN_DELIVERY, viewOfRow } from './request-rows.ts';
import type { RequestView } from './request-view.ts';
import { NOT_QUEUED, viewOf } from './request-view.ts';

/** One request as it is now. `position` is what the caller has written elsewhere and wants to see. */
export class GetRequest extends Query<RequestView> {
  constructor(
    readonly id: string,
    readonly position: bigint | null,
  ) {
    super();
  }
}

/**
 * The row of the read model, unless more is known: of what this process appended itself it has the state, and where the row is missing or
 * the read model is behind or away, the stream has the answer. So a request that was acknowledged is always found.
 */
@QueryHandler(GetRequest)
export class GetRequestHandler implements IQueryHandler<GetRequest> {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly streams: RequestStreams,
    private readonly barrier: ReadBarrier,
  ) {}

  async execute({ id, position }: GetRequest): Promise<RequestView> {
    const row = await this.#row(id);
    const known = this.streams.peek(id);
    if (row && row !== 'unavailable' && !this.#behind(position)) {
      if (!known || known.request.version <= row.version) return viewOfRow(row);
      return viewOf(known.request, row);
    }
    const loaded = await this.streams.load(id).catch((error: unknown) => {
      // With neither of the two there is no answer; with the row alone there is the last one known.
      if (error instanceof EventStoreUnavailableError && row && row !== 'unavailable') return null;
      throw error;
    });
    const delivery = row && row !== 'unavailable' ? row : NOT_QUEUED;
    if (loaded) return viewOf(loaded.request, delivery);
    if (row && row !== 'unavailable') return viewOfRow(row);
    throw new RequestNotFound();
  }

  #behind(position: bigint | null): boolean {
    return position !== null && (this.barrier.position === null || this.barrier.position < position);
  }

  async #row(id: string): Promise<RequestRow | null | 'unavailable'> {
    try {
      const rows = await read<RequestRow>(this.pool, {
        name: 'get-request',
        text: `SELECT r.*, ${DELIVERY_COLUMNS} FROM requests r ${JOIN_DELIVERY} WHERE r.id = $1`,
        values: [id],
      });
      return rows[0] ?? null;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) return 'unavailable';
      throw error;
    }
  }
}
