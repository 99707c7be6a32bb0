import type { Copy } from '../../../infrastructure/postgres/copy.ts';
import type { Instant, Priority, Request } from '../../domain/request.ts';
import { PRIORITIES } from '../../domain/request.ts';
import { pastDefinition, pastTable } from './past-rows.ts';

/** Columns of the main table besides its key, with their types. Together they hold the whole folded request. */
const COLUMNS = {
  type: 'text',
  priority: 'text',
  title: 'text',
  description: 'text',
  status: 'text',
  blocked: 'jsonb',
  current_phase: 'text',
  session_id: 'text',
  attempt: 'integer',
  milestones: 'jsonb',
  plan_document: 'text',
  pr_url: 'text',
  branch: 'text',
  commit: 'text',
  delivery: 'jsonb',
  test_results: 'jsonb',
  error_message: 'text',
  error_code: 'text',
  retry_count: 'integer',
  created_at: 'timestamptz',
  started_at: 'timestamptz',
  completed_at: 'timestamptz',
  last_update: 'timestamptz',
  created_by: 'text',
  version: 'integer',
  attempts: 'jsonb',
  approved: 'boolean',
  lost_in_a_row: 'integer',
  returns_in_a_row: 'integer',
  elsewhere_in_a_row: 'integer',
  planned: 'jsonb',
  moved_by: 'integer',
  urgency: 'smallint',
  submitted_position: 'bigint',
  valid_from: 'timestamptz',
} as const satisfies Record<
  Exclude<keyof Request, 'id'> | 'attempt' | 'urgency' | 'submitted_position' | 'valid_from',
  string
>;

const NULLABLE = new Set([
  'blocked',
  'current_phase',
  'session_id',
  'plan_document',
  'pr_url',
  'branch',
  'commit',
  'delivery',
  'test_results',
  'error_message',
  'error_code',
  'started_at',
  'completed_at',
  'moved_by',
]);

const names = Object.keys(COLUMNS);

/** Fields that only the fold needs. Queries do not return them. */
const FOLD_ONLY = [
  'attempts',
  'approved',
  'lost_in_a_row',
  'returns_in_a_row',
  'elsewhere_in_a_row',
  'planned',
  'moved_by',
] as const satisfies readonly (keyof Request)[];
export type FoldOnly = (typeof FOLD_ONLY)[number];

/** Columns of the resource and of its sort orders. */
export const SHOWN: readonly string[] = [
  'id',
  ...names.filter((name) => !(FOLD_ONLY as readonly string[]).includes(name)),
];

/** The rows of past versions: what is shown, but for long texts. */
export const PAST = pastTable(
  Object.fromEntries(Object.entries(COLUMNS).filter(([name]) => !(FOLD_ONLY as readonly string[]).includes(name))),
);

/** Increment with every change to the tables, so that they are rebuilt. */
export const VERSION = 3;

/** Sort key for completion time, ascending. Requests that have not ended come last. */
export const ENDED_FIRST = "coalesce(completed_at, 'infinity'::timestamptz)";
/** Sort key for completion time, descending. Requests that have not ended come last here too. */
export const ENDED_LAST = "coalesce(completed_at, '-infinity'::timestamptz)";

/**
 * Each sort order has an index. Filters by status, type and priority use the two combined indexes, with one short scan for each combination
 * that has requests (see `request_counts`). Requests that have not ended come last in both orders by completion, so the two are not each
 * other's reverse.
 *
 * Searched text has its own table, so that the many changes that leave title and description alone do not reindex it. Its trigram index
 * finds parts of words; if the role may not create the extension, searches scan the texts.
 */
export const DEFINITION = `
  CREATE TABLE requests (
    id uuid PRIMARY KEY,
    ${Object.entries(COLUMNS)
      .map(([name, type]) => `${name} ${type}${NULLABLE.has(name) ? '' : ' NOT NULL'}`)
      .join(',\n    ')}
  ) WITH (fillfactor = 90);
  CREATE INDEX requests_by_creation ON requests (created_at, submitted_position);
  CREATE INDEX requests_by_update ON requests (last_update, submitted_position);
  CREATE INDEX requests_by_urgency ON requests (urgency, created_at, submitted_position);
  CREATE INDEX requests_by_kind_and_creation ON requests (status, type, urgency, created_at, submitted_position);
  CREATE INDEX requests_by_kind_and_update ON requests (status, type, urgency, last_update, submitted_position);
  CREATE INDEX requests_by_status ON requests (status, submitted_position);
  CREATE INDEX requests_by_completion ON requests ((${ENDED_FIRST}), submitted_position);
  CREATE INDEX requests_by_latest_completion ON requests ((${ENDED_LAST}), submitted_position);
  CREATE INDEX requests_by_creator ON requests (created_by, created_at, submitted_position);
  CREATE INDEX requests_by_session ON requests (session_id) WHERE session_id IS NOT NULL;
  CREATE TABLE request_counts (
    status text NOT NULL,
    type text NOT NULL,
    urgency smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (status, type, urgency)
  );
  CREATE TABLE request_texts (
    request_id uuid PRIMARY KEY,
    folded text NOT NULL
  );
  ${pastDefinition(PAST, NULLABLE)}
  DO $$
  DECLARE
    place text;
  BEGIN
    BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    EXCEPTION WHEN OTHERS THEN
      -- Not allowed, not there, or another service was faster.
      RAISE NOTICE 'pg_trgm was not created: %', SQLERRM;
    END;
    SELECT nspname INTO place FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm';
    IF place IS NOT NULL THEN
      EXECUTE format('CREATE INDEX request_texts_by_parts ON request_texts USING gin (folded %I.gin_trgm_ops)', place);
    END IF;
  END
  $$;
`;

/** Upserts search texts, given as an array of ids and an array of texts. */
export const UPSERT_TEXTS = `
  INSERT INTO request_texts (request_id, folded)
  SELECT * FROM unnest($1::uuid[], $2::text[])
  ON CONFLICT (request_id) DO UPDATE SET folded = excluded.folded
`;

/** The parameters of {@link UPSERT_TEXTS}. */
export function toTexts(requests: readonly Request[]): [string[], string[]] {
  return [requests.map(({ id }) => id), requests.map(searchText)];
}

/** The text in which searches look. */
export function searchText({ title, description }: Request): string {
  return foldCase(`${title}\n${description}`);
}

/** Upserts any number of rows, passed column by column: for many rows, this costs the database half as much as a single JSON document. */
export const UPSERT = `
  INSERT INTO requests (id, ${names.join(', ')})
  SELECT * FROM unnest($1::uuid[], ${Object.values(COLUMNS)
    .map((type, i) => `$${i + 2}::${type}[]`)
    .join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
`;

/** Adds to the counters. Takes a JSON array of `{status, type, urgency, count}`. */
export const COUNT = `
  INSERT INTO request_counts (status, type, urgency, count)
  SELECT status, type, urgency, count
  FROM json_to_recordset($1::json) AS row (status text, type text, urgency smallint, count bigint)
  ON CONFLICT (status, type, urgency) DO UPDATE SET count = request_counts.count + excluded.count
`;

/** 0 is the most urgent. */
export function urgencyOf(priority: Priority): number {
  return PRIORITIES.length - 1 - PRIORITIES.indexOf(priority);
}

/** A request with the log position of its submission, which orders requests created in the same millisecond. */
export interface ProjectedRequest {
  readonly request: Request;
  readonly submittedPosition: bigint;
  /** When this version took effect: the time of its event, but not before that of an earlier one, whatever the clocks of two instances said. */
  readonly validFrom: Instant;
}

/** The parameters of {@link UPSERT}. */
export function toColumns(requests: readonly ProjectedRequest[]): unknown[][] {
  const rows = requests.map(toRow);
  const columns = Object.entries(COLUMNS).map(([name, type]) =>
    rows.map((row) => (type === 'jsonb' && row[name] !== null ? JSON.stringify(row[name]) : row[name])),
  );
  return [rows.map(({ id }) => id), ...columns];
}

/** New rows of the main table and their search texts, for COPY. */
export function toCopies(requests: readonly ProjectedRequest[]): readonly Copy[] {
  const turned = (columns: readonly unknown[][]): Copy['rows'] =>
    requests.map((_, i) => columns.map((column) => column[i] as Copy['rows'][number][number]));
  return [
    { table: 'requests', columns: ['id', ...names], rows: turned(toColumns(requests)) },
    {
      table: 'request_texts',
      columns: ['request_id', 'folded'],
      rows: turned(toTexts(requests.map(({ request }) => request))),
    },
  ];
}

/** The columns of a row. */
export function toRow({ request, submittedPosition, validFrom }: ProjectedRequest): Record<string, unknown> {
  return {
    ...request,
    attempt: request.attempts.at(-1)?.attempt ?? 0,
    urgency: urgencyOf(request.priority),
    submitted_position: submittedPosition.toString(),
    valid_from: validFrom,
  };
}

/** Selects rows for {@link fromRow}. Columns are named, since a prepared `SELECT *` fails once other tables took the place of these. */
export const SELECT_BY_IDS = `SELECT id, ${names.join(', ')} FROM requests WHERE id = ANY($1::uuid[])`;

/** Selects rows with their search texts. Needs a WHERE. */
export const SELECT_WITH_TEXTS = `
  SELECT requests.id, ${names.map((name) => `requests.${name}`).join(', ')}, request_texts.folded
  FROM requests LEFT JOIN request_texts ON request_id = id`;

export function fromRow(row: Record<string, unknown>): ProjectedRequest {
  const { submitted_position, valid_from, attempt: _attempt, urgency: _urgency, ...request } = row;
  return {
    request: request as unknown as Request,
    submittedPosition: BigInt(submitted_position as string),
    validFrom: valid_from as Instant,
  };
}

/** Normalises text for search: NFC and full Unicode case folding. Done here because case folding in the database depends on its locale. */
export function foldCase(text: string): string {
  // Upper-casing expands letters that fold to several (ß, ﬁ), provided they were lower-cased before (ẞ).
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(NOT_DOTLESS, (run) => run.toUpperCase().toLowerCase())
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

/** The dotless i is a letter of its own, although its capital is I. */
const NOT_DOTLESS = /[^ı]+/g;
