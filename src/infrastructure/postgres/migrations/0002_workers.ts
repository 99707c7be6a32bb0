import type { MigrationBuilder } from 'node-pg-migrate';

/** Workers as they report themselves. Not derived from events, so it is not part of any read model. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE workers (
      name text PRIMARY KEY,
      -- Null until the worker registers; before that only its claims and heartbeats are known.
      version text,
      state text,
      repositories text[] NOT NULL DEFAULT '{}',
      reason text,
      until timestamptz,
      last_seen_at timestamptz NOT NULL
    );
    CREATE INDEX workers_by_last_sign ON workers (last_seen_at);
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql('DROP TABLE workers;');
}
