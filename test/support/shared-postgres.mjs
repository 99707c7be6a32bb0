/**
 * Before the tests in test/: starts the PostgreSQL server that they share, unless TEST_DATABASE_URL names one. A server for each service
 * would cost as much as the service.
 */
import { startPostgres } from './postgres.ts';

export default async function start() {
  if (process.env.TEST_DATABASE_URL) return;
  const postgres = await startPostgres();
  process.env.TEST_DATABASE_URL = postgres.url;
  globalThis.stopSharedPostgres = postgres.stop;
}
