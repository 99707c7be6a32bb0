import type pg from 'pg';

/** New rows for a table. Values are strings, numbers, booleans or null, as PostgreSQL reads them. */
export interface Copy {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

const ESCAPED = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The rows in the text format of COPY. */
export function copyText(rows: Copy['rows']): string {
  const field = (value: Copy['rows'][number][number]): string =>
    value === null ? '\\N' : String(value).replace(ESCAPED, (one) => ESCAPES[one] ?? one);
  return rows.map((row) => `${row.map(field).join('\t')}\n`).join('');
}

/** What the driver's connection does for COPY; its types leave it out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * Inserts the rows by COPY. They go out in one piece, so the caller limits their size. Throws the server's error; then no row was inserted.
 */
export function copyInto(client: pg.ClientBase, { table, columns, rows }: Copy): Promise<void> {
  return new Promise((resolve, reject) => {
    const copying = {
      // The driver wraps it in its timeout.
      callback: (error: Error | null) => {
        if (error) reject(error);
        else resolve();
      },
      submit: (connection: pg.Connection) => {
        connection.query(`COPY ${table} (${columns.join(', ')}) FROM STDIN`);
      },
      handleCopyInResponse: (connection: CopyConnection) => {
        connection.sendCopyFromChunk(Buffer.from(copyText(rows)));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => copying.callback(error),
      handleReadyForQuery: () => copying.callback(null),
    };
    client.query(copying);
  });
}
