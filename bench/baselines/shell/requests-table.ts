import { NotFoundException } from '@nestjs/common';
import pg from 'pg';
import type { ListRequestsDto } from './request.dto.ts';
import { readCursor, writeCursor } from './request.ts';
import type { RequestPage, RequestResource } from './request.ts';

/** Columns of the table: the fields of the resource. */
const COLUMNS = {
  id: 'uuid PRIMARY KEY',
  type: 'text NOT NULL',
  priority: 'text NOT NULL',
  title: 'text NOT NULL',
  description: 'text NOT NULL',
  status: 'text NOT NULL',
  blocked: 'jsonb',
  current_phase: 'text',
  session_id: 'text',
  attempt: 'integer NOT NULL',
  milestones: 'jsonb NOT NULL',
  plan_document: 'text',
  pr_url: 'text',
  test_results: 'jsonb',
  error_message: 'text',
  error_code: 'text',
  retry_count: 'integer NOT NULL',
  created_at: 'timestamptz NOT NULL',
  started_at: 'timestamptz',
  completed_at: 'timestamptz',
  last_update: 'timestamptz NOT NULL',
  created_by: 'text NOT NULL',
  queued_at: 'timestamptz',
  queue_message_id: 'text',
  version: 'integer NOT NULL',
} satisfies Record<keyof RequestResource, string>;

export const FIELDS = Object.keys(COLUMNS) as (keyof RequestResource)[];

/** The table, with indexes for the sort orders and the most common filter of the list. */
export const TABLE = `
  CREATE TABLE IF NOT EXISTS requests (${Object.entries(COLUMNS)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')});
  CREATE INDEX IF NOT EXISTS requests_by_creation ON requests (created_at, id);
  CREATE INDEX IF NOT EXISTS requests_by_update ON requests (last_update, id);
  CREATE INDEX IF NOT EXISTS requests_by_status ON requests (status, created_at, id);
`;

export function createPool(): pg.Pool {
  return new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
}

/** Converts a field for `pg`, which would otherwise turn lists into PostgreSQL arrays. */
export function parameterOf(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}

export async function getRequest(pool: pg.Pool, id: string): Promise<RequestResource> {
  const { rows } = await pool.query<RequestResource>({
    name: 'get',
    text: `SELECT ${FIELDS.join(', ')} FROM requests WHERE id = $1`,
    values: [id],
  });
  if (!rows[0]) throw new NotFoundException();
  return rows[0];
}

export async function listRequests(pool: pg.Pool, query: ListRequestsDto): Promise<RequestPage> {
  const { limit, cursor, include_total } = query;
  const after = cursor === undefined ? [] : readCursor(cursor);
  const page = pool.query<RequestResource>({
    name: cursor === undefined ? 'first-page' : 'next-page',
    text: `SELECT ${FIELDS.join(', ')} FROM requests
      ${cursor === undefined ? '' : 'WHERE (created_at, id) < ($2, $3)'}
      ORDER BY created_at DESC, id DESC LIMIT $1`,
    values: [limit + 1, ...after],
  });
  const count = include_total
    ? pool.query<{ total: string }>({ name: 'total', text: 'SELECT count(*) AS total FROM requests' })
    : null;
  const [{ rows }, counted] = await Promise.all([page, count]);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    next_cursor: rows.length > limit && last ? writeCursor(last) : null,
    ...(counted ? { total: Number(counted.rows[0]?.total) } : {}),
  };
}
