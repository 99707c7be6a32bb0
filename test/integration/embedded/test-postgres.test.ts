import { expect, test } from '@jest/globals';
import pg from 'pg';
import { startTestPostgres } from '../../support/postgres.ts';
import { waitUntil } from '../../../src/infrastructure/process/processes.ts';

const given = process.env.TEST_DATABASE_URL !== undefined;

test('each server for tests is empty, of its own, and gone after its stop', async () => {
  const servers = await Promise.all([startTestPostgres(), startTestPostgres()]);
  const urls = servers.map(({ url }) => url);
  expect(new Set(urls).size).toBe(given ? 1 : 2);
  for (const url of urls) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(`SELECT current_setting('fsync') AS fsync, current_database() AS name`);
    if (!given) expect(rows).toEqual([{ fsync: 'off', name: 'automation' }]);
    await client.end();
  }
  await Promise.all(servers.map((server) => server.stop()));
  if (given) return;
  const refused = async (): Promise<boolean> =>
    new pg.Client({ connectionString: urls[0] ?? '' }).connect().then(
      () => false,
      () => true,
    );
  expect(await waitUntil(refused, 1_000)).toBe(true);
});
