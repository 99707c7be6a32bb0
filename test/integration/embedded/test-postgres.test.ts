import { expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../support/postgres.ts';
import { waitUntil } from '../../../src/infrastructure/process/processes.ts';

test('each server for tests is empty, of its own, and gone after its stop', async () => {
  const servers = await Promise.all([startPostgres(), startPostgres()]);
  const urls = servers.map(({ url }) => url);
  expect(new Set(urls).size).toBe(2);
  for (const url of urls) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(`SELECT current_setting('fsync') AS fsync, current_database() AS name`);
    expect(rows).toEqual([{ fsync: 'off', name: 'automation' }]);
    await client.end();
  }
  await Promise.all(servers.map((server) => server.stop()));
  const refused = async (): Promise<boolean> =>
    new pg.Client({ connectionString: urls[0] ?? '' }).connect().then(
      () => false,
      () => true,
    );
  expect(await waitUntil(refused, 1_000)).toBe(true);
});
