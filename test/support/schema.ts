import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { sharedDatabase } from './postgres.ts';
import type { Environment } from './server.ts';

/** A new schema in the database that all tests share, and a way to query it. */
export class TestSchema {
  readonly name = `e2e_${randomBytes(5).toString('hex')}`;
  readonly #url = sharedDatabase();

  get env(): Environment {
    return this.envBehind(new URL(this.#url).port);
  }

  /** The same, through a different local port. */
  envBehind(port: number | string): Environment {
    const url = new URL(this.#url);
    url.port = String(port);
    if (String(port) !== new URL(this.#url).port) url.hostname = '127.0.0.1';
    return { DATABASE_URL: url.href, DATABASE_SCHEMA: this.name };
  }

  /** Runs one statement. Table names need no schema. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows of any table
  async query(sql: string): Promise<any[]> {
    const client = new pg.Client({ connectionString: this.#url, options: `-c search_path=${this.name}` });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Names of its tables. */
  async tables(): Promise<string[]> {
    const rows = await this.query(`SELECT tablename FROM pg_tables WHERE schemaname = '${this.name}' ORDER BY 1`);
    return rows.map(({ tablename }) => tablename as string);
  }

  async drop(): Promise<void> {
    await this.query(`DROP SCHEMA IF EXISTS ${this.name} CASCADE`);
  }
}
