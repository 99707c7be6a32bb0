import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

/**
 * The checkpointer's thread. Each message is the name of a database file; the answer is the number of frames in its
 * write-ahead log and the number of them copied into the database.
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
