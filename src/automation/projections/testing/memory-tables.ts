import type pg from 'pg';
import type { Statement } from '../../../infrastructure/consumers/checkpoints.ts';
import type { Consumer } from '../../../infrastructure/consumers/consumer.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';

type Row = Record<string, unknown>;

const INSERT = /^\s*INSERT INTO (\w+) \(([^)]+)\)\s+SELECT .*?FROM (unnest|json_to_recordset)\((.*?)\)\s/s;
const DELETE = /^\s*DELETE FROM (\w+) WHERE \w+ = ANY\(\$1::uuid\[\]\)/;
const SELECT = /^\s*SELECT [\w, ]+ FROM (\w+) WHERE id = ANY\(\$1::uuid\[\]\)/;

/** Number of leading key columns per table. Default: 1. */
const KEY_COLUMNS: Readonly<Record<string, number>> = {
  request_counts: 3,
  stats_stays: 2,
  stats_attempts: 2,
  past_requests: 2,
  past_texts: 3,
};

/**
 * In-memory tables that understand the few statements projections use: upserts, added counts, deletes. How PostgreSQL runs the same
 * statements, with several writers, is tested in test/integration/consumers.
 */
export class MemoryTables implements Queryable {
  readonly #tables = new Map<string, Map<string, Row>>();
  /** Ids of the rows that were read. */
  read: string[] = [];

  query<Found extends pg.QueryResultRow = never>({ text, values }: pg.QueryConfig): Promise<pg.QueryResult<Found>> {
    const [, table] = SELECT.exec(text) ?? [];
    if (table === undefined) throw new Error(`Not a read of rows: ${text}`);
    const [ids] = values as [string[]];
    this.read.push(...ids);
    const rows = ids.flatMap((id) => this.#table(table).get(id) ?? []);
    return Promise.resolve({ rows } as unknown as pg.QueryResult<Found>);
  }

  write(statements: readonly Statement[]): void {
    for (const statement of statements) this.#run(statement);
  }

  /** Rows by key, sorted. */
  rows(table: string): Readonly<Record<string, Row>> {
    return Object.fromEntries([...this.#table(table)].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #table(name: string): Map<string, Row> {
    const table = this.#tables.get(name) ?? new Map<string, Row>();
    this.#tables.set(name, table);
    return table;
  }

  #run({ text, values }: Statement): void {
    const [, from] = DELETE.exec(text) ?? [];
    if (from !== undefined) {
      for (const id of values[0] as string[]) this.#table(from).delete(id);
      return;
    }
    const [, into, columns, kind, source] = INSERT.exec(text) ?? [];
    if (into === undefined || columns === undefined || source === undefined) throw new Error(`Unknown: ${text}`);
    const names = columns.split(',').map((name) => name.trim());
    const rows = kind === 'unnest' ? unnested(names, source, values) : (JSON.parse(values[0] as string) as Row[]);
    const table = this.#table(into);
    for (const row of rows) {
      const key = names.slice(0, KEY_COLUMNS[into] ?? 1).map((name) => row[name]);
      const added = Number(row.count ?? 0) + Number(table.get(key.join(' '))?.count ?? 0);
      table.set(key.join(' '), { ...row, ...('count' in row ? { count: added } : {}) });
    }
  }
}

/** Turns columns back into rows, as the driver returns them. */
function unnested(names: readonly string[], source: string, columns: readonly unknown[]): Row[] {
  const types = [...source.matchAll(/::([\w ]+)\[\]/g)].map(([, type]) => type);
  const [first] = columns as unknown[][];
  return (first ?? []).map((_, i) =>
    Object.fromEntries(
      names.map((name, j) => {
        const value = (columns[j] as unknown[])[i];
        return [name, types[j] === 'jsonb' && value !== null ? (JSON.parse(value as string) as unknown) : value];
      }),
    ),
  );
}

export interface Handled {
  readonly tables: MemoryTables;
  /** Stored types of the skipped events. */
  readonly skipped: readonly string[];
}

/** Runs a consumer on the batches, committing each before the next. */
export async function handled(
  consumer: Consumer,
  batches: readonly (readonly StoredEvent[])[],
  tables = new MemoryTables(),
): Promise<Handled> {
  const skipped: string[] = [];
  const { signal } = new AbortController();
  for (const events of batches) {
    const changes = await consumer.handle(events, { db: tables, signal, skip: ({ type }) => skipped.push(type) });
    tables.write(changes?.statements ?? []);
    changes?.committed?.();
  }
  return { tables, skipped };
}
