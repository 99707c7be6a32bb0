/** Event sourcing as an alternative: Emmett on PostgreSQL, with an inline projection into p1's table. */
import type { Event } from '@event-driven-io/emmett';
import { CommandHandler, projections, STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore, postgreSQLProjection } from '@event-driven-io/emmett-postgresql';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Injectable, NotFoundException } from '@nestjs/common';
import type { ListRequestsDto, ReviseRequestDto, SubmitRequestDto } from './shell/request.dto.ts';
import type { RequestPage, RequestResource } from './shell/request.ts';
import { changesOf, newRequest } from './shell/request.ts';
import { Requests } from './shell/requests.controller.ts';
import { createPool, FIELDS, getRequest, listRequests, parameterOf, TABLE } from './shell/requests-table.ts';
import { serve } from './shell/serve.ts';

type RequestSubmitted = Event<'RequestSubmitted', RequestResource>;
type RequestRevised = Event<'RequestRevised', { id: string; changes: Partial<RequestResource> }>;
type RequestEvent = RequestSubmitted | RequestRevised;

const execute = CommandHandler<RequestResource | null, RequestEvent>({
  initialState: () => null,
  evolve(state, { type, data }) {
    if (type === 'RequestSubmitted') return data;
    return state && { ...state, ...data.changes };
  },
});

/** Runs in the transaction of the append. */
const requestsTable = postgreSQLProjection<RequestEvent>({
  name: 'requests',
  canHandle: ['RequestSubmitted', 'RequestRevised'],
  async handle(events, { connection: { client } }) {
    for (const { type, data } of events) {
      if (type === 'RequestSubmitted') {
        await client.query({
          name: 'insert',
          text: `INSERT INTO requests (${FIELDS.join(', ')}) VALUES (${FIELDS.map((_, i) => `$${i + 1}`).join(', ')})`,
          values: FIELDS.map((field) => parameterOf(data[field])),
        });
      } else {
        const changed = Object.keys(data.changes);
        await client.query({
          name: `update ${changed.join()}`,
          text: `UPDATE requests SET ${changed.map((field, i) => `${field} = $${i + 2}`).join(', ')} WHERE id = $1`,
          values: [data.id, ...Object.values(data.changes).map(parameterOf)],
        });
      }
    }
  },
});

@Injectable()
class EventSourcedRequests extends Requests implements OnModuleInit, OnModuleDestroy {
  readonly #pool = createPool();
  readonly #store = getPostgreSQLEventStore(process.env.DATABASE_URL ?? '', {
    projections: projections.inline([requestsTable]),
    connectionOptions: { pool: this.#pool },
  });

  async onModuleInit(): Promise<void> {
    await this.#pool.query(TABLE);
    await this.#store.schema.migrate();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#store.close();
    await this.#pool.end();
  }

  async submit(body: SubmitRequestDto): Promise<RequestResource> {
    const request = newRequest(body);
    // A new stream need not be read, which the command handler would do first.
    await this.#store.appendToStream<RequestEvent>(
      streamOf(request.id),
      [{ type: 'RequestSubmitted', data: request }],
      { expectedStreamVersion: STREAM_DOES_NOT_EXIST },
    );
    return request;
  }

  async revise(id: string, patch: ReviseRequestDto): Promise<RequestResource> {
    const { newState } = await execute(this.#store, streamOf(id), (state) => {
      if (!state) throw new NotFoundException();
      const changes = changesOf(state, patch);
      return changes ? { type: 'RequestRevised', data: { id, changes } } : [];
    });
    if (!newState) throw new NotFoundException();
    return newState;
  }

  get(id: string): Promise<RequestResource> {
    return getRequest(this.#pool, id);
  }

  list(query: ListRequestsDto): Promise<RequestPage> {
    return listRequests(this.#pool, query);
  }
}

function streamOf(id: string): string {
  return `request-${id}`;
}

await serve(EventSourcedRequests);
