import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { EventStoreUnavailableError, StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { DatabaseUnavailableError, rowsOf } from '../../infrastructure/postgres/database.ts';
import { ReadBarrier } from '../../infrastructure/consumers/read-barrier.ts';
import { CALLERS_POOL } from '../../infrastructure/tokens.ts';
import { RequestStreams } from '../commands/request-streams.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { Request } from '../domain/request.ts';
import { NOT_QUEUED } from '../forwarding/deliveries.ts';
import type { FoundRequest, RequestRow } from './found-request.ts';
import { foundInRow, foundInStream, JOIN_DELIVERY, SELECT_REQUEST } from './found-request.ts';

/** One request as it is now. `position` is what the caller has written elsewhere and wants to see. */
export class GetRequest extends Query<FoundRequest> {
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
    @Inject(CALLERS_POOL) private readonly pool: pg.Pool,
    private readonly streams: RequestStreams,
    private readonly barrier: ReadBarrier,
  ) {}

  async execute({ id, position }: GetRequest): Promise<FoundRequest> {
    this.barrier.checkLog();
    // Asked before the row is read: by the time it has been read, the read model may have come further than the row shows.
    const isBehind = this.#behind(position);
    const row = await this.#row(id);
    const newest = newestOf(row, this.streams.peek(id)?.request);
    if (row && newest && !isBehind) return newest;
    const loaded = await this.streams.load(id).catch((error: unknown) => {
      // What was known last is better than no answer.
      if (error instanceof EventStoreUnavailableError && newest) return null;
      // Its stream is gone, or a part of it.
      if (error instanceof StreamTruncatedError) return 'truncated' as const;
      throw error;
    });
    if (loaded === 'truncated' && row) return { ...foundInRow(row), truncated: true };
    if (loaded === 'truncated') throw new RequestNotFound();
    if (loaded) return foundInStream(loaded.request, row ?? NOT_QUEUED);
    if (newest) return newest;
    throw new RequestNotFound();
  }

  #behind(position: bigint | null): boolean {
    return position !== null && (this.barrier.position === null || this.barrier.position < position);
  }

  /** Null also when the read model is away. */
  async #row(id: string): Promise<RequestRow | null> {
    try {
      const rows = await rowsOf<RequestRow>(this.pool, {
        name: 'get-request',
        text: `${SELECT_REQUEST} FROM requests r ${JOIN_DELIVERY} WHERE r.id = $1`,
        values: [id],
      });
      return rows[0] ?? null;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) return null;
      throw error;
    }
  }
}

function newestOf(row: RequestRow | null, known: Request | undefined): FoundRequest | null {
  if (known && (!row || known.version > row.version)) return foundInStream(known, row ?? NOT_QUEUED);
  return row && foundInRow(row);
}
