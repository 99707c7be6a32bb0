import type { MigrationBuilder } from 'node-pg-migrate';

/** Events that a consumer could not handle, and where a rebuild stopped. */
export function up(migration: MigrationBuilder): void {
  migration.sql(`
    CREATE TABLE parked_events (
      consumer text NOT NULL,
      stream text NOT NULL,
      -- Changes with the event.
      id uuid NOT NULL UNIQUE,
      event_id uuid NOT NULL,
      type text NOT NULL,
      position bigint NOT NULL,
      revision integer NOT NULL,
      parked_at timestamptz NOT NULL,
      -- The latest tries: [{at, cause}].
      tries jsonb NOT NULL,
      -- Later events of the stream, which wait for this one.
      behind integer NOT NULL,
      -- Null when it is left to an operator.
      next_try_at timestamptz,
      wish text CHECK (wish IN ('retry', 'skip')),
      PRIMARY KEY (consumer, stream)
    );
    CREATE TABLE skipped_events (
      consumer text NOT NULL,
      event_id uuid NOT NULL,
      stream text NOT NULL,
      position bigint NOT NULL,
      skipped_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (consumer, event_id)
    );
    -- Of a rebuild that stopped: {position, event_id, type, cause}.
    ALTER TABLE checkpoints ADD COLUMN fault jsonb;
  `);
}

export function down(migration: MigrationBuilder): void {
  migration.sql('ALTER TABLE checkpoints DROP COLUMN fault; DROP TABLE skipped_events; DROP TABLE parked_events;');
}
