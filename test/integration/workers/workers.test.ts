import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Call } from '../../../src/automation/commands/decide-on-stream.ts';
import { HeartbeatAttempt } from '../../../src/automation/deadlines/heartbeat-attempt.ts';
import { OnRequest } from '../../../src/automation/commands/on-request.ts';
import { SubmitRequest } from '../../../src/automation/commands/submit-request.ts';
import { GetHealth } from '../../../src/automation/queries/get-health.ts';
import type { Hello, Worker } from '../../../src/automation/workers/workers.ts';
import type { TestApplication } from '../../support/application.ts';
import { startApplication } from '../../support/application.ts';
import { until } from '../../support/until.ts';

const CALL: Call = { actor: { principal: 'tester', role: 'caller' }, callId: 'call', correlationId: 'correlation' };
const IDLE: Hello = { version: '1', repositories: [], state: 'idle', reason: null, until: null };
const MINUTE = 60;

let app: TestApplication;

beforeAll(async () => {
  app = await startApplication();
  await until('the leases are there', () => app.progressOf('leases').state === 'live');
});

afterAll(async () => {
  await app.stop();
});

beforeEach(async () => {
  await app.pool.query('DELETE FROM workers');
});

async function submit(): Promise<string> {
  const submission = { type: 'feature', priority: 'medium', title: 'A title', description: 'A request' } as const;
  const { request } = await app.commands.execute(new SubmitRequest(submission, CALL));
  return request.id;
}

const on = (id: string, command: OnRequest['command']) => app.commands.execute(new OnRequest(id, command, CALL));
const claim = (id: string, worker: string, lease_seconds = 3_600) =>
  on(id, { command: 'ClaimRequest', worker, session_id: null, lease_seconds });
const health = async () => (await app.queries.execute(new GetHealth())).checks.workers;
const stateOf = async (name: string): Promise<Worker['state'] | undefined> =>
  (await app.workers.list()).find((worker) => worker.name === name)?.state;

// First, so that no other request waits.
describe('a request that no one takes', () => {
  it('degrades health after ten minutes, unless a worker is working or idle', async () => {
    await submit();
    await app.workers.hello('w', IDLE);
    app.advance(9 * MINUTE);
    expect(await health()).toMatchObject({ status: 'ok', unattended: 0 });
    app.advance(2 * MINUTE);
    const told = await health();
    expect(told.status).toBe('degraded');
    expect(told.unattended).toBe(1);
    await app.workers.hello('w', { ...IDLE, state: 'paused' });
    expect((await health()).unattended).toBe(told.unattended);
    await app.workers.hello('w', IDLE);
    expect(await health()).toMatchObject({ status: 'ok', unattended: 0 });
  });
});

describe('a worker', () => {
  it('is gone after three missed hellos, and back with the next', async () => {
    await app.workers.hello('w', IDLE);
    app.advance(3 * MINUTE);
    expect(await stateOf('w')).toBe('idle');
    app.advance(1);
    expect(await stateOf('w')).toBe('gone');
    await app.workers.hello('w', IDLE);
    expect(await stateOf('w')).toBe('idle');
  });

  it('is kept alive by its heartbeats', async () => {
    const id = await submit();
    await claim(id, 'w');
    await until('the claim is noted', async () => (await stateOf('w')) === 'working');
    app.advance(4 * MINUTE);
    expect(await stateOf('w')).toBe('gone');
    await app.commands.execute(new HeartbeatAttempt(id, 1, {}, CALL));
    await until('the heartbeat is noted', async () => (await stateOf('w')) === 'working');
  });

  it('is forgotten after a week, or as the least recently seen of more than a thousand', async () => {
    await app.workers.hello('old', IDLE);
    app.advance(8 * 24 * 60 * MINUTE);
    await app.workers.hello('new', IDLE);
    expect((await app.workers.list()).map(({ name }) => name)).toEqual(['new']);
    app.advance(1);
    await app.pool.query({
      text: `INSERT INTO workers (name, last_seen_at)
        SELECT 'crowd-' || n, last_seen_at + interval '1 second' FROM workers, generate_series(1, 1000) n`,
    });
    app.advance(1);
    await app.workers.hello('newest', IDLE);
    const names = (await app.workers.list()).map(({ name }) => name);
    expect(names).toHaveLength(1_000);
    expect(names).toContain('newest');
    expect(names).not.toContain('new');
  });
});

describe('health', () => {
  it('names a worker whose agent is not logged in, until it takes a request again', async () => {
    const id = await submit();
    await claim(id, 'w');
    const report = { outcome: 'released', error_code: 'agent-auth' } as const;
    await on(id, { command: 'ReportAttempt', attempt: 1, report });
    await until('health tells', async () => (await health()).status === 'degraded');
    expect(await health()).toMatchObject({ locked_out: ['w'], paused: [] });
    await claim(id, 'w');
    await until('health is well', async () => (await health()).status === 'ok');
  });

  it('does not report a worker that is paused and gone', async () => {
    await app.workers.hello('w', { ...IDLE, state: 'paused', reason: 'account' });
    expect(await health()).toMatchObject({
      status: 'degraded',
      paused: [{ name: 'w', reason: 'account', until: null }],
    });
    app.advance(3 * MINUTE + 1);
    await app.workers.hello('other', IDLE);
    expect(await health()).toMatchObject({ status: 'ok', paused: [] });
  });
});
