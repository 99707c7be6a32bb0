import type { Row, Table } from '../../../infrastructure/postgres/table-rows.ts';
import type { Instant, Milestone, Request } from '../../domain/request.ts';

/** What a request was before its latest version, for the list as of an earlier time. See docs/adr/0020. */

/** Columns of the list that are kept apart, since they may be long and seldom change. */
const LONG: ReadonlySet<string> = new Set(['description', 'plan_document', 'milestones']);

/** The columns that a past row has of the list's. */
function pastColumns(columns: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !LONG.has(name)));
}

/** The rows of past versions. `shown` are the columns of the list, without its key. */
export function pastTable(shown: Readonly<Record<string, string>>): Table {
  const { version = 'integer', ...others } = pastColumns(shown);
  return {
    name: 'past_requests',
    columns: { id: 'uuid', version, ...others, milestone_statuses: 'jsonb', valid_to: 'timestamptz' },
    key: ['id', 'version'],
  };
}

/** Long texts that a request no longer has: those of versions before `before_version`, back to where the same text changed before. */
export const PAST_TEXTS: Table = {
  name: 'past_texts',
  columns: { request_id: 'uuid', field: 'text', before_version: 'integer', value: 'text', valid_to: 'timestamptz' },
  key: ['request_id', 'field', 'before_version'],
};

/** Needs the columns of the list, and which of them may be null. The horizon says from when on all past rows are there. */
export function pastDefinition({ name, columns, key }: Table, nullable: ReadonlySet<string>): string {
  return `
  CREATE TABLE ${name} (
    ${Object.entries(columns)
      .map(([column, type]) => `${column} ${type}${nullable.has(column) ? '' : ' NOT NULL'}`)
      .join(',\n    ')},
    PRIMARY KEY (${key.join(', ')})
  );
  CREATE INDEX past_requests_by_creation ON past_requests (created_at, submitted_position);
  CREATE INDEX past_requests_by_update ON past_requests (last_update, submitted_position);
  CREATE INDEX past_requests_by_end ON past_requests (valid_to);
  CREATE TABLE past_texts (
    request_id uuid NOT NULL,
    field text NOT NULL,
    before_version integer NOT NULL,
    -- Empty for null.
    value text NOT NULL,
    valid_to timestamptz NOT NULL,
    PRIMARY KEY (request_id, field, before_version)
  );
  CREATE INDEX past_texts_by_end ON past_texts (valid_to);
  CREATE TABLE past_horizon (pruned_until timestamptz NOT NULL);
  INSERT INTO past_horizon VALUES ('-infinity');
`;
}

export const PAST_TABLES = ['past_requests', 'past_texts', 'past_horizon'];

/** Notes that rows that ended before a time may be missing. */
export const MOVE_HORIZON = 'UPDATE past_horizon SET pruned_until = greatest(pruned_until, $1::timestamptz)';

/** Deletes at most so many rows that ended before a time, the oldest first. */
export const PRUNE_ROWS = `DELETE FROM past_requests WHERE (id, version) IN
  (SELECT id, version FROM past_requests WHERE valid_to < $1::timestamptz ORDER BY valid_to LIMIT $2::bigint)`;
export const PRUNE_TEXTS = `DELETE FROM past_texts WHERE (request_id, field, before_version) IN
  (SELECT request_id, field, before_version FROM past_texts WHERE valid_to < $1::timestamptz ORDER BY valid_to LIMIT $2::bigint)`;

/** What an event made the past: the row before it, unless no time passed, and the texts it replaced. */
interface Past {
  readonly rows: readonly Row[];
  readonly texts: readonly Row[];
}

/**
 * @param row of the list, as it was before the event
 * @param validTo when the event took effect
 * @param searchText the normalised text of a request in which searches look
 */
export function pastOf(
  { row, before, after }: { readonly row: Row; readonly before: Request; readonly after: Request },
  validTo: Instant,
  searchText: (request: Request) => string,
): Past {
  const texts = (request: Request): Readonly<Record<string, string>> => ({
    description: request.description,
    plan_document: request.plan_document ?? '',
    milestones: JSON.stringify(request.milestones.map(withoutStatus)),
  });
  const isReworded = before.title !== after.title || before.description !== after.description;
  const now = texts(after);
  const replaced = [
    ...Object.entries(texts(before)).filter(([field, value]) => now[field] !== value),
    ...(isReworded ? [['folded', searchText(before)] as const] : []),
  ];
  const statuses = before.milestones.map(({ status }) => status);
  return {
    rows: row.valid_from === validTo ? [] : [{ ...row, milestone_statuses: statuses, valid_to: validTo }],
    texts: replaced.map(([field, value]) => ({
      ...{ request_id: before.id, field, before_version: after.version },
      ...{ value, valid_to: validTo },
    })),
  };
}

function withoutStatus({ status: _, ...text }: Milestone): Omit<Milestone, 'status'> {
  return text;
}
