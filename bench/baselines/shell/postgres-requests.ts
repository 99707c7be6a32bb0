import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Injectable, NotFoundException } from '@nestjs/common';
import type pg from 'pg';
import type { ListRequestsDto, ReviseRequestDto, SubmitRequestDto } from './request.dto.ts';
import type { RequestPage, RequestResource } from './request.ts';
import { changesOf, newRequest } from './request.ts';
import { Requests } from './requests.controller.ts';
import { createPool, FIELDS, getRequest, listRequests, parameterOf, TABLE } from './requests-table.ts';

const HISTORY = `
  CREATE TABLE IF NOT EXISTS request_history (
    request_id uuid NOT NULL,
    version integer NOT NULL,
    changes jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    PRIMARY KEY (request_id, version)
  );
`;

/** Inserts the request and the first row of its history in one statement. */
const INSERT = `
  WITH request AS (
    INSERT INTO requests (${FIELDS.join(', ')}) VALUES (${FIELDS.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING id
  )
  INSERT INTO request_history (request_id, version, changes, changed_by)
  SELECT id, 0, $${FIELDS.length + 1}, $${FIELDS.length + 2} FROM request
`;

/** One table, one history table, prepared statements, a pool of ten. A change locks its row, and writes both tables or neither. */
@Injectable()
export class PostgresRequests extends Requests implements OnModuleInit, OnModuleDestroy {
  protected readonly pool: pg.Pool = createPool();

  async onModuleInit(): Promise<void> {
    await this.pool.query(TABLE + HISTORY);
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }

  async submit(body: SubmitRequestDto): Promise<RequestResource> {
    const request = newRequest(body);
    await this.pool.query({
      name: 'insert',
      text: INSERT,
      values: [...FIELDS.map((field) => parameterOf(request[field])), JSON.stringify(body), request.created_by],
    });
    return request;
  }

  get(id: string): Promise<RequestResource> {
    return getRequest(this.pool, id);
  }

  list(query: ListRequestsDto): Promise<RequestPage> {
    return listRequests(this.pool, query);
  }

  async revise(id: string, patch: ReviseRequestDto): Promise<RequestResource> {
    return this.#inTransaction(async (client) => {
      const { rows } = await client.query<RequestResource>({
        name: 'lock',
        text: `SELECT ${FIELDS.join(', ')} FROM requests WHERE id = $1 FOR UPDATE`,
        values: [id],
      });
      const before = rows[0];
      if (!before) throw new NotFoundException();
      const changes = changesOf(before, patch);
      if (!changes) return before;
      const changed = Object.keys(changes);
      await client.query({
        name: `update ${changed.join()}`,
        text: `UPDATE requests SET ${changed.map((field, i) => `${field} = $${i + 2}`).join(', ')} WHERE id = $1`,
        values: [id, ...Object.values(changes).map(parameterOf)],
      });
      await client.query({
        name: 'note',
        text: 'INSERT INTO request_history (request_id, version, changes, changed_by) VALUES ($1, $2, $3, $4)',
        values: [id, changes.version, JSON.stringify(patch), 'anonymous'],
      });
      return { ...before, ...changes };
    });
  }

  async #inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}
