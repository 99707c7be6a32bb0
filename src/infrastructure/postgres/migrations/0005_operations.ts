import type { MigrationBuilder } from 'node-pg-migrate';

/** What instances without the lead need to know about consumers, and the rebuilds that operators asked for. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE consumer_status (
      consumer text PRIMARY KEY,
      -- As the instance with the lead saw it.
      status jsonb NOT NULL,
      noted_at timestamptz NOT NULL
    );
    -- The latest of each read model.
    CREATE TABLE rebuilds (
      consumer text PRIMARY KEY,
      -- Where the audit trail has the request.
      action jsonb NOT NULL,
      -- Null until its end is in the audit trail.
      ended_at timestamptz
    );
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql('DROP TABLE rebuilds; DROP TABLE consumer_status;');
}
