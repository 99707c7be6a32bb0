import type { Instant, Priority, RequestType, Status } from '../domain/request.ts';
import { ENDED_FIRST, ENDED_LAST, foldCase, PAST, urgencyOf } from '../projections/requests/request-row.ts';
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

/** Filters of a list. An omitted filter matches everything. */
export interface ListFilters {
  readonly status?: readonly Status[];
  readonly type?: readonly RequestType[];
  readonly priority?: readonly Priority[];
  /** Each word must occur in the title or description, ignoring case. */
  readonly q?: string;
  readonly created_after?: Instant;
  readonly created_before?: Instant;
  readonly updated_after?: Instant;
  /** Requests that have not ended match neither of the two. */
  readonly completed_after?: Instant;
  readonly completed_before?: Instant;
  readonly session_id?: string;
  /** The principal that submitted the request. */
  readonly created_by?: string;
  /** The list as it was at this time. */
  readonly as_of?: Instant;
  /** Excludes requests with a truncated history. */
  readonly whole?: boolean;
  /** Restricts the caller to requests created by this principal. */
  readonly own?: string;
}

/** Maximum number of distinct words in a search: each is looked for in every request that contains the others. */
export const MAX_SEARCH_WORDS = 10;

/** The distinct words of a search, normalised for comparison. */
export function searchWords(q: string): readonly string[] {
  return [...new Set(foldCase(q).split(/\s+/).filter(Boolean))];
}

/** Whether the list may take long, however short it is: a search, or one of the past. */
export function isLong({ q, as_of }: ListFilters): boolean {
  return q !== undefined || as_of !== undefined;
}

/** A sort key: its SQL expression and type, and its value in a returned row. */
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
  /** All keys share one direction, so that a single row comparison finds the start of a page. */
  readonly keys: readonly Key[];
  readonly direction: 'ASC' | 'DESC';
  /** Whether an index by status, type and priority has this order. */
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

/** Approximate maximum size of a page in bytes. The request that exceeds it is the last one of the page. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** The size in bytes of the fields that may be long. All sizes but that of the milestones are known without reading the value. */
const BYTES = `octet_length(r.description) + coalesce(octet_length(r.plan_document), 0)
  + octet_length(r.milestones::text) + coalesce(octet_length(r.error_message), 0)`;

/** The columns that rows of today and of the past have in common. */
const COMMON = Object.keys(PAST.columns).filter((name) => name !== 'milestone_statuses' && name !== 'valid_to');

/** The rows that are listed: those of today, or of each request the one that was valid at a time. */
function relation({ as_of }: ListFilters, bind: (value: unknown) => string): string {
  if (as_of === undefined) return 'requests';
  const at = `${bind(as_of)}::timestamptz`;
  const columns = COMMON.join(', ');
  return `(SELECT ${columns}, NULL::jsonb AS milestone_statuses FROM requests WHERE valid_from <= ${at} AND created_at <= ${at}
    UNION ALL SELECT ${columns}, milestone_statuses FROM past_requests
      WHERE valid_from <= ${at} AND valid_to > ${at} AND created_at <= ${at})`;
}

/** A long text as a version had it: the first that a later version replaced, else null. */
function pastText(field: string, id: string, version: string): string {
  return `(SELECT value FROM past_texts WHERE request_id = ${id} AND field = '${field}' AND before_version > ${version}
    ORDER BY before_version LIMIT 1)`;
}

/** Adds the long texts to rows of the past. Those of today's rows, and what has not changed since, are today's. */
function withTexts(rows: string): string {
  const text = (field: string): string => pastText(field, 'past.id', 'past.version');
  return `SELECT past.*, coalesce(${text('description')}, today.description) AS description,
      nullif(coalesce(${text('plan_document')}, today.plan_document), '') AS plan_document,
      CASE WHEN past.milestone_statuses IS NULL THEN today.milestones ELSE (
        SELECT coalesce(jsonb_agg(one || jsonb_build_object('status', past.milestone_statuses -> (n - 1)::int) ORDER BY n), '[]')
        FROM jsonb_array_elements(coalesce(${text('milestones')}::jsonb, today.milestones)) WITH ORDINALITY AS listed (one, n)
      ) END AS milestones
    FROM (${rows}) past JOIN requests today ON today.id = past.id`;
}

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Named statements are planned once per connection, which saves most of their cost but takes memory there. Searches and lists of the
 * past are unnamed, since their best plan depends on the words and on the time.
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
 * Selects one page. Each row returns in `found` how many rows there are from the start of the page, up to `limit` + 1, so fewer rows mean
 * that the page was cut by size.
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
  // Inlined: with a parameter, the plan would have to serve any limit and sort all rows.
  const most = String(limit + 1);
  const kinds = kindConditions(filters, bind);
  const isPast = filters.as_of !== undefined;
  const from =
    kinds.length === 0 || !byKind || isPast
      ? `SELECT * FROM ${relation(filters, bind)} kind ${where([...kinds, ...conditions])} ORDER BY ${order} LIMIT ${most}`
      : // A short scan of each kind that has requests, however rare the kind is among the newest.
        `SELECT one.* FROM request_counts kind CROSS JOIN LATERAL (
           SELECT * FROM requests
           ${where(['status = kind.status', 'type = kind.type', 'urgency = kind.urgency', ...conditions])}
           ORDER BY ${order} LIMIT ${most}
         ) one ${where(['kind.count > 0', ...kinds])} ORDER BY ${order} LIMIT ${most}`;
  const measured = `SELECT r.*, count(*) OVER () AS found,
      sum(${BYTES}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (${isPast ? withTexts(from) : from}) r`;
  const text = `${SELECT_REQUEST}, r.found FROM (${measured}) r ${JOIN_DELIVERY}
    WHERE coalesce(r.bytes_before, 0) < ${MAX_PAGE_BYTES} ORDER BY ${order} LIMIT ${limit}`;
  return isLong(filters) ? { text, values } : named({ text, values });
}

/** Selects the total over all pages: from the counters if only status, type and priority are filtered, otherwise by counting. */
export function totalStatement(filters: ListFilters): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = rowConditions(filters, bind);
  const kinds = kindConditions(filters, bind);
  if (!countsRows(filters)) {
    const text = `SELECT coalesce(sum(count), 0)::bigint AS total FROM request_counts kind ${where(kinds)}`;
    return named({ text, values });
  }
  const text = `SELECT count(*) AS total FROM ${relation(filters, bind)} kind ${where([...kinds, ...conditions])}`;
  return isLong(filters) ? { text, values } : named({ text, values });
}

/** Whether the total requires counting rows. */
export function countsRows(filters: ListFilters): boolean {
  return filters.as_of !== undefined || rowConditions(filters, () => '').length > 0;
}

/** The sort key values from which the next page continues. */
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
    conditions.push(
      filters.as_of === undefined
        ? `id IN (SELECT request_id FROM request_texts ${where(words)})`
        : `EXISTS (SELECT FROM (SELECT coalesce(${pastText('folded', 'kind.id', 'kind.version')}, folded) AS folded
            FROM request_texts WHERE request_id = kind.id) texts ${where(words)})`,
    );
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
