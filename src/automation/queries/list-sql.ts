import type { Instant, Priority, RequestType, Status } from '../domain/request.ts';
import { foldCase } from '../projections/requests/fold-case.ts';
import { ENDED_FIRST, ENDED_LAST, urgencyOf } from '../projections/requests/request-row.ts';
import type { PageEnd } from '../../infrastructure/security/list-cursor.ts';
import { JOIN_DELIVERY, SELECT_REQUEST } from './found-request.ts';

export const SORTS = [
  '-created_at',
  'created_at',
  '-last_update',
  'last_update',
  'priority',
  'status',
  '-status',
  'completed_at',
  '-completed_at',
] as const;
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
  /** What has not completed is neither after nor before. */
  readonly completed_after?: Instant;
  readonly completed_before?: Instant;
  readonly session_id?: string;
  /** The principal that submitted. */
  readonly created_by?: string;
  /** Without those of which a part of the history is gone. */
  readonly whole?: boolean;
  /** The principal beyond whose requests the caller sees none. */
  readonly own?: string;
}

/** Different words that a search may have: each is looked for in the text of every request that has the others. */
export const MAX_SEARCH_WORDS = 10;

/** The different words of a search, as they are compared. */
export function searchWords(q: string): readonly string[] {
  return [...new Set(foldCase(q).split(/\s+/).filter(Boolean))];
}

/** Whether texts have to be read to tell what is in the list. */
export function isSearch({ q }: ListFilters): boolean {
  return q !== undefined;
}

/** A value that the rows are ordered by: as SQL, its type, and what it is in a row that was read. */
interface Key {
  readonly sql: string;
  readonly type: string;
  readonly of: (row: Readonly<Record<string, unknown>>) => string | number;
}

function column(name: string, type: string): Key {
  return { sql: name, type, of: (row) => row[name] as string | number };
}

const CREATED_AT = column('created_at', 'timestamptz');
const LAST_UPDATE = column('last_update', 'timestamptz');
const STATUS = column('status', 'text');
const completion = (sql: string, ofNone: string): Key => ({
  sql,
  type: 'timestamptz',
  of: ({ completed_at }) => (completed_at as string | null) ?? ofNone,
});

interface Order {
  /** All in one direction, so that one row comparison finds where a page goes on. */
  readonly keys: readonly Key[];
  readonly direction: 'ASC' | 'DESC';
  /** Whether there is an index by kind in this order. */
  readonly byKind: boolean;
}

const ORDERS: Readonly<Record<Sort, Order>> = {
  '-created_at': { keys: [CREATED_AT], direction: 'DESC', byKind: true },
  created_at: { keys: [CREATED_AT], direction: 'ASC', byKind: true },
  '-last_update': { keys: [LAST_UPDATE], direction: 'DESC', byKind: true },
  last_update: { keys: [LAST_UPDATE], direction: 'ASC', byKind: true },
  priority: { keys: [column('urgency', 'smallint'), CREATED_AT], direction: 'ASC', byKind: true },
  '-status': { keys: [STATUS], direction: 'DESC', byKind: false },
  status: { keys: [STATUS], direction: 'ASC', byKind: false },
  '-completed_at': { keys: [completion(ENDED_LAST, '-infinity')], direction: 'DESC', byKind: false },
  completed_at: { keys: [completion(ENDED_FIRST, 'infinity')], direction: 'ASC', byKind: false },
};

/** Contents of a page, about, in bytes. A page ends with the request that goes beyond; then it is shorter than its limit. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** What may be long in a request, in bytes. Their size is known without reading them, but for that of milestones. */
const BYTES = `octet_length(r.description) + coalesce(octet_length(r.plan_document), 0)
  + octet_length(r.milestones::text) + coalesce(octet_length(r.error_message), 0)`;

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Statements with a name are planned once in each connection, which saves most of their cost, and take memory there. A search has none:
 * how it is best done depends on its words.
 */
const MAX_NAMED = 100;
const names = new Map<string, string>();

function named(statement: Statement): Statement {
  const name = names.get(statement.text) ?? (names.size < MAX_NAMED ? `list-${names.size}` : undefined);
  if (name === undefined) return statement;
  names.set(statement.text, name);
  return { ...statement, name };
}

/**
 * One page. Each row says how many there are from the beginning of the page on, up to one more than `limit`, as `found`: rows are missing
 * when the page was ended by its bytes.
 */
export function pageStatement(filters: ListFilters, sort: Sort, limit: number, after: PageEnd | null): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { keys, direction, byKind } = ORDERS[sort];
  const place = [...keys.map(({ sql }) => sql), 'submitted_position'];
  const order = place.map((key) => `${key} ${direction}`).join(', ');
  const conditions = rowConditions(filters, bind);
  if (after) {
    const bounds = [
      ...keys.map(({ type }, i) => `${bind(after.values[i])}::${type}`),
      `${bind(after.submittedPosition)}::bigint`,
    ];
    conditions.push(`(${place.join(', ')}) ${direction === 'ASC' ? '>' : '<'} (${bounds.join(', ')})`);
  }
  // Written out: a plan for any number of rows would sort them all.
  const most = String(limit + 1);
  const kinds = kindConditions(filters, bind);
  const from =
    kinds.length === 0 || !byKind
      ? `SELECT * FROM requests kind ${where([...kinds, ...conditions])} ORDER BY ${order} LIMIT ${most}`
      : // A short scan of each kind that has requests, however rare the kind is among the newest.
        `SELECT one.* FROM request_counts kind CROSS JOIN LATERAL (
           SELECT * FROM requests
           ${where(['status = kind.status', 'type = kind.type', 'urgency = kind.urgency', ...conditions])}
           ORDER BY ${order} LIMIT ${most}
         ) one ${where(['kind.count > 0', ...kinds])} ORDER BY ${order} LIMIT ${most}`;
  const measured = `SELECT r.*, count(*) OVER () AS found,
      sum(${BYTES}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (${from}) r`;
  const text = `${SELECT_REQUEST}, r.found FROM (${measured}) r ${JOIN_DELIVERY}
    WHERE coalesce(r.bytes_before, 0) < ${MAX_PAGE_BYTES} ORDER BY ${order} LIMIT ${limit}`;
  return isSearch(filters) ? { text, values } : named({ text, values });
}

/** How many there are on all pages: from the counters where only the kind is asked for, else counted. */
export function totalStatement(filters: ListFilters): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = rowConditions(filters, bind);
  const kinds = kindConditions(filters, bind);
  if (!countsRows(filters)) {
    const text = `SELECT coalesce(sum(count), 0)::bigint AS total FROM request_counts kind ${where(kinds)}`;
    return named({ text, values });
  }
  const text = `SELECT count(*) AS total FROM requests kind ${where([...kinds, ...conditions])}`;
  return isSearch(filters) ? { text, values } : named({ text, values });
}

/** Whether the total has to be counted row by row. */
export function countsRows(filters: ListFilters): boolean {
  return rowConditions(filters, () => '').length > 0;
}

/** The sort values by which the next page is found. */
export function endOf(sort: Sort, row: Readonly<Record<string, unknown>>): PageEnd {
  return { values: ORDERS[sort].keys.map((key) => key.of(row)), submittedPosition: row.submitted_position as string };
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
  if (filters.q !== undefined) {
    const words = searchWords(filters.q).map((word) => `folded LIKE ${bind(`%${word.replace(/[\\%_]/g, '\\$&')}%`)}`);
    conditions.push(`id IN (SELECT request_id FROM request_texts ${where(words)})`);
  }
  if (filters.created_after) conditions.push(`created_at >= ${bind(filters.created_after)}::timestamptz`);
  if (filters.created_before) conditions.push(`created_at < ${bind(filters.created_before)}::timestamptz`);
  if (filters.updated_after) conditions.push(`last_update >= ${bind(filters.updated_after)}::timestamptz`);
  if (filters.completed_after) conditions.push(`${ENDED_LAST} >= ${bind(filters.completed_after)}::timestamptz`);
  if (filters.completed_before) conditions.push(`${ENDED_FIRST} < ${bind(filters.completed_before)}::timestamptz`);
  if (filters.session_id !== undefined) conditions.push(`session_id = ${bind(filters.session_id)}`);
  if (filters.created_by !== undefined) conditions.push(`created_by = ${bind(filters.created_by)}`);
  if (filters.whole) conditions.push('NOT EXISTS (SELECT FROM truncated_requests t WHERE t.request_id = id)');
  if (filters.own !== undefined) conditions.push(`created_by = ${bind(filters.own)}`);
  return conditions;
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}
