import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

/**
 * The thread of the checkpointer: each message names a database file, each answer says how many frames its
 * write-ahead log held and how many of them are now in the database.
 */
let database: DatabaseSync | undefined;

parentPort?.on('message', (file: string) => {
  if (!database) {
    database = new DatabaseSync(file);
    database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -2048');
  }
  const row = Object.values(database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {}).map(Number);
  parentPort?.postMessage([row[1] ?? 0, row[2] ?? 0]);
});
