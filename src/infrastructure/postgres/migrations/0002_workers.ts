import type { MigrationBuilder } from 'node-pg-migrate';

/** Who works, as the workers say themselves. No event tells of it, so it lies outside every read model. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE workers (
      name text PRIMARY KEY,
      -- Null until the worker has said hello: then only its claims and heartbeats are known.
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
