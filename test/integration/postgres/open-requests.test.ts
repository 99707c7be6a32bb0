/** The quota of open requests holds also while no connection of the callers' pool is free to count them. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type pg from 'pg';
import { OpenRequests } from '../../../src/automation/projections/requests/open-requests.ts';
import type { ReadBarrier } from '../../../src/infrastructure/consumers/read-barrier.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { connect, createPool } from '../../../src/infrastructure/postgres/database.ts';
import { Ends } from '../../support/ends.ts';
import { sharedDatabase } from '../../support/postgres.ts';

const ends = new Ends();
/** Of one connection. */
let pool: pg.Pool;
beforeAll(async () => {
  const options = { url: sharedDatabase(), schema: `quota_${randomBytes(4).toString('hex')}` };
  const client = await connect(options, 5_000);
  await client.query(
    `CREATE SCHEMA ${options.schema}; CREATE TABLE ${options.schema}.requests (created_by text, status text)`,
  );
  ends.add(async () => {
    await client.query(`DROP SCHEMA ${options.schema} CASCADE`);
    await client.end();
  });
  pool = createPool(options, createLogger('silent'), { connections: 1, timeoutMs: 2_000 });
  ends.add(() => pool.end());
});
afterAll(() => ends.run());

/** Never behind. */
const barrier = { wait: () => Promise.resolve() } as unknown as ReadBarrier;
const refusal = (code: string) => expect.objectContaining({ code });

it('known requests count while the database is away, and what exceeds the quota is refused as unavailable', async () => {
  const quota = new OpenRequests(2, pool, barrier);
  const submit = async (principal: string): Promise<void> => {
    (await quota.admit(principal)).release(true);
    await pool.query({ text: 'INSERT INTO requests VALUES ($1, $2)', values: [principal, 'pending'] });
  };
  await submit('ann');
  await submit('ann');
  const held = await pool.connect();
  try {
    await expect(quota.admit('ann')).rejects.toEqual(refusal('read-model-unavailable'));
    // Of whom nothing is known may submit, as while the database is away, and not without end.
    for (let n = 0; n < 2; n += 1) (await quota.admit('bob')).release(true);
    await expect(quota.admit('bob')).rejects.toEqual(refusal('read-model-unavailable'));
  } finally {
    held.release();
  }
  await expect(quota.admit('ann')).rejects.toEqual(refusal('rate-limited'));
  await pool.query("UPDATE requests SET status = 'completed'");
  (await quota.admit('ann')).release(false);
});
