/** The read model compared with the log, row by row. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '../../../src/automation/commands/decide-on-stream.ts';
import { OnRequest } from '../../../src/automation/commands/on-request.ts';
import { SubmitRequest } from '../../../src/automation/commands/submit-request.ts';
import type { Comparison } from '../../../src/automation/projections/requests/verify-requests.ts';
import { verifyRequests } from '../../../src/automation/projections/requests/verify-requests.ts';
import type { TestApplication } from '../../support/application.ts';
import { startApplication } from '../../support/application.ts';
import { Ends } from '../../support/ends.ts';
import { event } from '../../support/events.ts';
import { until } from '../../support/until.ts';

const CALL: Call = { actor: { principal: 'tester', role: 'caller' }, callId: 'call', correlationId: 'correlation' };
const CATEGORY = 'automation_request';

const ends = new Ends();
let app: TestApplication;
const ids: string[] = [];

beforeAll(async () => {
  app = await startApplication();
  ends.add(() => app.stop());
  for (let n = 0; n < 12; n += 1) ids.push(await submit(`Request ${n}`));
  for (const id of ids.slice(0, 6)) await claim(id);
});
afterAll(() => ends.run());

async function submit(title: string): Promise<string> {
  const submission = { type: 'feature', priority: 'medium', title, description: 'A request' } as const;
  return (await app.commands.execute(new SubmitRequest(submission, CALL))).request.id;
}

async function claim(id: string): Promise<void> {
  const wanted = { worker: 'w', session_id: null, lease_seconds: 60 };
  await app.commands.execute(new OnRequest(id, { command: 'ClaimRequest', ...wanted }, CALL));
}

const verify = (): Promise<Comparison> =>
  verifyRequests({ store: app.store, database: app.pool, barrier: app.barrier, category: CATEGORY });

const tamper = (text: string, ...values: unknown[]) => app.pool.query(text, values);

describe('a comparison of the read model with the log', () => {
  it('finds no drift in what the projection has written', async () => {
    await until('the projection has everything', () => app.barrier.wait(null));
    const nothing = { drifted: 0, found: [], couldNotCheck: 0, isComplete: true };
    expect(await verify()).toEqual({ checked: ids.length, ...nothing });
  });

  it('finds no drift while requests are submitted and changed', async () => {
    let goesOn = true;
    const writing = (async () => {
      for (let n = 0; goesOn; n += 1) {
        const id = await submit(`Written meanwhile ${n}`);
        await claim(id);
        ids.push(id);
      }
    })();
    for (let round = 0; round < 3; round += 1) expect(await verify()).toMatchObject({ drifted: 0, couldNotCheck: 0 });
    goesOn = false;
    await writing;
  });

  it.each([
    [
      'a column that differs',
      "UPDATE requests SET title = 'Other' WHERE id = $1",
      { field: 'title', expected: 'Request 0', actual: 'Other' },
    ],
    [
      'one that only sorts',
      'UPDATE requests SET submitted_position = submitted_position + 1 WHERE id = $1',
      { field: 'submitted_position', expected: expect.any(String), actual: expect.any(String) },
    ],
    [
      'a value inside of one',
      `UPDATE requests SET attempts = jsonb_set(attempts, '{0,worker}', '"v"') WHERE id = $1`,
      {
        field: 'attempts',
        expected: expect.stringContaining('"w"'),
        actual: expect.stringContaining('"v"'),
      },
    ],
    [
      'a search text that differs',
      "UPDATE request_texts SET folded = 'other' WHERE request_id = $1",
      { field: 'folded', expected: 'request 0\na request', actual: 'other' },
    ],
  ])('finds %s', async (_, text, drift) => {
    const [id] = ids;
    await tamper(`CREATE TABLE saved AS SELECT * FROM requests WHERE id = '${id}'`);
    await tamper(`CREATE TABLE saved_texts AS SELECT * FROM request_texts WHERE request_id = '${id}'`);
    await tamper(text, id);
    expect(await verify()).toMatchObject({ drifted: 1, found: [{ id, ...drift }] });
    await tamper('DELETE FROM requests WHERE id = $1', id);
    await tamper('DELETE FROM request_texts WHERE request_id = $1', id);
    await tamper('INSERT INTO requests SELECT * FROM saved');
    await tamper('INSERT INTO request_texts SELECT * FROM saved_texts');
    await tamper('DROP TABLE saved, saved_texts');
    expect(await verify()).toMatchObject({ drifted: 0 });
  });

  it('finds counters that do not add up', async () => {
    await tamper("UPDATE request_counts SET count = count + 1 WHERE status = 'pending'");
    expect(await verify()).toMatchObject({ drifted: 1, found: [{ id: null, field: 'pending feature medium' }] });
    const [{ expected, actual } = { expected: 0, actual: 0 }] = (await verify()).found;
    expect(actual).toBe(Number(expected) + 1);
    await tamper("UPDATE request_counts SET count = count - 1 WHERE status = 'pending'");
  });

  it('finds a row that is missing, one that is left over, and one that is behind', async () => {
    const [, gone, stale] = ids;
    const invented = randomUUID();
    await tamper('UPDATE requests SET version = 0 WHERE id = $1', stale);
    const late = await submit('Claimed, but not in its row');
    await app.barrier.wait(null);
    await tamper(`CREATE TABLE early AS SELECT * FROM requests WHERE id = '${late}'`);
    await claim(late);
    await app.barrier.wait(null);
    await tamper('DELETE FROM requests WHERE id = $1', late);
    await tamper('INSERT INTO requests SELECT * FROM early');
    await tamper(`CREATE TABLE invented AS SELECT * FROM requests WHERE id = '${ids[3]}'`);
    await tamper('UPDATE invented SET id = $1', invented);
    await tamper('INSERT INTO requests SELECT * FROM invented');
    await tamper('DELETE FROM requests WHERE id = $1', gone);
    const { found } = await verify();
    // The row that was set back is the fold of a later version, so it differs from the first.
    expect(found).toEqual(
      expect.arrayContaining([
        { id: gone, field: 'id', expected: gone, actual: null },
        { id: invented, field: 'id', expected: null, actual: invented },
        expect.objectContaining({ id: stale, field: 'status' }),
        { id: late, field: 'version', expected: 1, actual: 0 },
      ]),
    );
  });

  it('says of what cannot be read that it could not check it', async () => {
    const { couldNotCheck } = await verify();
    const stream = `${CATEGORY}-${randomUUID()}`;
    await app.store.append({ stream, expectedRevision: 'no_stream', events: [event({}, 'SomethingElse')] });
    expect((await verify()).couldNotCheck).toBe(couldNotCheck + 1);
  });

  it('shows of a long text the part that differs', async () => {
    const [id] = ids;
    const { rows } = await app.pool.query<{ description: string }>('SELECT description FROM requests WHERE id = $1', [
      id,
    ]);
    await tamper(
      'UPDATE requests SET description = $2 WHERE id = $1',
      id,
      `${rows[0]?.description}${'x'.repeat(5_000)}`,
    );
    const drift = (await verify()).found.find((it) => it.id === id && it.field === 'description');
    expect(drift).toEqual({
      id,
      field: 'description',
      expected: 'A request',
      actual: expect.stringMatching(/^A requestx{191}…$/),
    });
    await tamper('UPDATE requests SET description = $2 WHERE id = $1', id, rows[0]?.description);
  });

  it('says how much is left when its time is up', async () => {
    const options = { store: app.store, database: app.pool, barrier: app.barrier, category: CATEGORY };
    const { rows } = await app.pool.query<{ count: number }>('SELECT count(*)::integer FROM requests');
    expect(await verifyRequests({ ...options, limitMs: 0 })).toMatchObject({
      checked: 0,
      couldNotCheck: rows[0]?.count,
      isComplete: false,
    });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const options = { store: app.store, database: app.pool, barrier: app.barrier, category: CATEGORY };
    await expect(verifyRequests({ ...options, signal: stop.signal })).rejects.toThrow('enough');
  });
});
