import type { MigrationBuilder } from 'node-pg-migrate';

/** Where each consumer of the log stands, and what was handed to the queue. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE checkpoints (
      consumer text PRIMARY KEY,
      version integer NOT NULL,
      -- Everything at or below it is handled; null before the first event. bigint holds any position of the log.
      position bigint,
      -- The last event handled, so that a checkpoint of another log is noticed.
      event_id uuid,
      event_stream text,
      event_revision integer,
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE queue_deliveries (
      request_id uuid PRIMARY KEY,
      event_id uuid NOT NULL,
      queued_at timestamptz NOT NULL,
      queue_message_id text NOT NULL
    );
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql('DROP TABLE queue_deliveries; DROP TABLE checkpoints;');
}
