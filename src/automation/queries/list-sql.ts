import type { Instant, Priority, RequestType, Status } from '../domain/request.ts';
import { foldCase, urgencyOf } from '../projections/request-row.ts';
import type { PageEnd } from './list-cursor.ts';
import { JOIN_DELIVERY, SELECT_REQUEST } from './request-rows.ts';

export const SORTS = ['-created_at', 'created_at', '-last_update', 'last_update', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

/** What a list is narrowed to. Left out means all. */
export interface ListFilters {
  readonly status?: readonly Status[];
  readonly type?: readonly RequestType[];
  readonly priority?: readonly Priority[];
  /** Each word must be in the title or the description, in any case. */
  readonly q?: string;
  readonly created_after?: Instant;
  readonly created_before?: Instant;
  readonly updated_after?: Instant;
  readonly session_id?: string;
  /** The principal that submitted. */
  readonly created_by?: string;
  /** Without those of which a part of the history is gone. */
  readonly whole?: boolean;
}

/** An order of the list: its columns, all in one direction, so that one row comparison finds where a page goes on. */
const ORDERS: Readonly<Record<Sort, { columns: readonly string[]; direction: 'ASC' | 'DESC' }>> = {
  '-created_at': { columns: ['created_at'], direction: 'DESC' },
  created_at: { columns: ['created_at'], direction: 'ASC' },
  '-last_update': { columns: ['last_update'], direction: 'DESC' },
  last_update: { columns: ['last_update'], direction: 'ASC' },
  priority: { columns: ['urgency', 'created_at'], direction: 'ASC' },
};

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Statements with a name are planned once in each connection, which saves most of their cost, and take memory there. */
const MAX_NAMED = 100;
const names = new Map<string, string>();

function named(statement: Statement): Statement {
  const name = names.get(statement.text) ?? (names.size < MAX_NAMED ? `list-${names.size}` : undefined);
  if (name === undefined) return statement;
  names.set(statement.text, name);
  return { ...statement, name };
}

/** One page, and one row more than `limit` when there is another page after it. */
export function pageStatement(filters: ListFilters, sort: Sort, limit: number, after: PageEnd | null): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { columns, direction } = ORDERS[sort];
  const order = [...columns, 'submitted_position'].map((column) => `${column} ${direction}`).join(', ');
  const conditions = rowConditions(filters, bind);
  if (after) {
    const bounds = [
      ...after.values.map((value, i) => bind(value) + cast(columns[i])),
      `${bind(after.submittedPosition)}::bigint`,
    ];
    conditions.push(
      `(${[...columns, 'submitted_position'].join(', ')}) ${direction === 'ASC' ? '>' : '<'} (${bounds.join(', ')})`,
    );
  }
  // Written out: a plan for any number of rows would sort them all.
  const most = String(limit + 1);
  const kinds = kindConditions(filters, bind);
  const from =
    kinds.length === 0
      ? `SELECT * FROM requests ${where(conditions)} ORDER BY ${order} LIMIT ${most}`
      : // A short scan of each kind that has requests, however rare the kind is among the newest.
        `SELECT one.* FROM request_counts kind CROSS JOIN LATERAL (
           SELECT * FROM requests
           ${where(['status = kind.status', 'type = kind.type', 'urgency = kind.urgency', ...conditions])}
           ORDER BY ${order} LIMIT ${most}
         ) one ${where(['kind.count > 0', ...kinds])} ORDER BY ${order} LIMIT ${most}`;
  return named({ text: `${SELECT_REQUEST} FROM (${from}) r ${JOIN_DELIVERY} ORDER BY ${order}`, values });
}

/** How many there are on all pages: from the counters where only the kind is asked for, else counted. */
export function totalStatement(filters: ListFilters): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = rowConditions(filters, bind);
  const kinds = kindConditions(filters, bind);
  if (conditions.length === 0) {
    const text = `SELECT coalesce(sum(count), 0)::bigint AS total FROM request_counts kind ${where(kinds)}`;
    return named({ text, values });
  }
  return named({ text: `SELECT count(*) AS total FROM requests kind ${where([...kinds, ...conditions])}`, values });
}

/** The sort values by which the next page is found. */
export function endOf(sort: Sort, row: Readonly<Record<string, unknown>>): PageEnd {
  return {
    values: ORDERS[sort].columns.map((column) => row[column] as string | number),
    submittedPosition: row.submitted_position as string,
  };
}

function kindConditions({ status, type, priority }: ListFilters, bind: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  if (status) conditions.push(`kind.status = ANY(${bind(status)}::text[])`);
  if (type) conditions.push(`kind.type = ANY(${bind(type)}::text[])`);
  if (priority) conditions.push(`kind.urgency = ANY(${bind(priority.map(urgencyOf))}::smallint[])`);
  return conditions;
}

function rowConditions(filters: ListFilters, bind: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  for (const word of foldCase(filters.q ?? '')
    .split(/\s+/)
    .filter(Boolean)) {
    conditions.push(`strpos(search_text, ${bind(word)}) > 0`);
  }
  if (filters.created_after) conditions.push(`created_at >= ${bind(filters.created_after)}::timestamptz`);
  if (filters.created_before) conditions.push(`created_at < ${bind(filters.created_before)}::timestamptz`);
  if (filters.updated_after) conditions.push(`last_update >= ${bind(filters.updated_after)}::timestamptz`);
  if (filters.session_id !== undefined) conditions.push(`session_id = ${bind(filters.session_id)}`);
  if (filters.created_by !== undefined) conditions.push(`created_by = ${bind(filters.created_by)}`);
  if (filters.whole) conditions.push('NOT EXISTS (SELECT FROM truncated_requests t WHERE t.request_id = id)');
  return conditions;
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

function cast(column: string | undefined): string {
  return column === 'urgency' ? '::smallint' : '::timestamptz';
}
