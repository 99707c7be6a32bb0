import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { EventStoreUnavailableError, StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { DatabaseUnavailableError, rowsOf } from '../../infrastructure/postgres/database.ts';
import { ReadBarrier } from '../../infrastructure/consumers/read-barrier.ts';
import { CALLERS_POOL } from '../../infrastructure/tokens.ts';
import { RequestStreams } from '../commands/request-streams.ts';
import type { Config } from '../../config.ts';
import { CONFIG } from '../../config.ts';
import { streamOf } from '../../event-sourcing/streams.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { Request } from '../domain/request.ts';
import { Deliveries, NOT_QUEUED } from '../forwarding/deliveries.ts';
import { REQUESTS } from '../projections/requests/requests-projection.ts';
import type { FoundRequest, RequestRow } from './found-request.ts';
import { foundInRow, foundInStream, JOIN_DELIVERY, SELECT_REQUEST } from './found-request.ts';

interface FoundRow extends RequestRow {
  /** Events of the request are missing in the row. */
  readonly parked: boolean;
}

/** The current state of a request. `position`: log position of a write the caller wants reflected. */
export class GetRequest extends Query<FoundRequest> {
  constructor(
    readonly id: string,
    readonly position: bigint | null,
  ) {
    super();
  }
}

/**
 * Answers with the state kept for commands, if that is certainly the latest. Otherwise reads the row of the read model, unless something
 * newer is known: the state this process appended itself, or the stream if the row is missing, an event of the request is parked, or the
 * read model is behind or unavailable.
 * So an acknowledged request is always found. Throws `RequestNotFound`, `EventStoreUnavailableError` and `ForeignLogError`.
 */
@QueryHandler(GetRequest)
export class GetRequestHandler implements IQueryHandler<GetRequest> {
  constructor(
    @Inject(CALLERS_POOL) private readonly pool: pg.Pool,
    private readonly streams: RequestStreams,
    private readonly deliveries: Deliveries,
    private readonly barrier: ReadBarrier,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id, position }: GetRequest): Promise<FoundRequest> {
    this.barrier.checkLog();
    const latest = this.streams.latest(id);
    const queued = latest && this.deliveries.known(id);
    if (queued) return foundInStream(latest, queued);
    // Checked before reading the row, since the read model may advance in the meantime.
    const isBehind = this.#behind(position);
    const row = await this.#row(id);
    const isParked = row?.parked === true;
    const newest = newestOf(row, this.streams.peek(id)?.request);
    if (row && newest && !isBehind && !isParked) return newest;
    const loaded = await this.streams.load(id).catch((error: unknown) => {
      // The last known state is better than no answer.
      if (error instanceof EventStoreUnavailableError && newest) return null;
      // The stream was deleted or truncated.
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

  /** Also null while the read model is unavailable. */
  async #row(id: string): Promise<FoundRow | null> {
    try {
      const rows = await rowsOf<FoundRow>(this.pool, {
        name: 'get-request',
        text: `${SELECT_REQUEST}, EXISTS (SELECT FROM parked_events WHERE consumer = '${REQUESTS}' AND stream = $2) AS parked
          FROM requests r ${JOIN_DELIVERY} WHERE r.id = $1`,
        values: [id, streamOf(this.config.streamCategory, id)],
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
