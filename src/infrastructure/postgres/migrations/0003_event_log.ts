import type { MigrationBuilder } from 'node-pg-migrate';

/** Which log the database was built from, and which requests have lost part of their history. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE event_log (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      log_id uuid NOT NULL,
      -- Handled events of different streams, as evidence of which log this is: [{id, stream, revision}].
      witnesses jsonb NOT NULL DEFAULT '[]'
    );
    CREATE TABLE truncated_requests (
      request_id uuid PRIMARY KEY,
      noticed_at timestamptz NOT NULL DEFAULT now()
    );
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql('DROP TABLE truncated_requests; DROP TABLE event_log;');
}
