import type { MigrationBuilder } from 'node-pg-migrate';

/** The checkpoint of each consumer of the log, and the messages sent to the queue. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE checkpoints (
      consumer text PRIMARY KEY,
      version integer NOT NULL,
      -- Every event up to this position is handled; null before the first event. bigint holds any position of the log.
      position bigint,
      -- The last event handled, to recognise a checkpoint of a different log.
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
