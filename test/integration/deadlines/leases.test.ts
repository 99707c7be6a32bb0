import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '../../../src/automation/commands/decide-on-stream.ts';
import { HeartbeatAttempt } from '../../../src/automation/deadlines/heartbeat-attempt.ts';
import { OnRequest } from '../../../src/automation/commands/on-request.ts';
import { SubmitRequest } from '../../../src/automation/commands/submit-request.ts';
import { attemptView } from '../../../src/automation/http/attempts/resource.ts';
import { requestView } from '../../../src/automation/http/requests/resource.ts';
import { GetRequest } from '../../../src/automation/queries/get-request.ts';
import { ListAttempts } from '../../../src/automation/queries/list-attempts.ts';
import type { TestApplication } from '../../support/application.ts';
import { startApplication } from '../../support/application.ts';
import { until } from '../../support/until.ts';

const CALL: Call = { actor: { principal: 'tester', role: 'caller' }, callId: 'call', correlationId: 'correlation' };
const LEASE = 60;

let app: TestApplication;

beforeAll(async () => {
  app = await startApplication();
});

afterAll(async () => {
  await app.stop();
});

async function submit(): Promise<string> {
  const submission = { type: 'feature', priority: 'medium', title: 'Lease', description: 'A request' } as const;
  const { request } = await app.commands.execute(new SubmitRequest(submission, CALL));
  return request.id;
}

const on = (id: string, command: OnRequest['command'], call = CALL) =>
  app.commands.execute(new OnRequest(id, command, call));

async function claim(id: string): Promise<void> {
  const wanted = { worker: 'w', session_id: null, lease_seconds: LEASE };
  const { position } = await on(id, { command: 'ClaimRequest', ...wanted });
  // The deadline is known once the projection has the claim.
  await followed(position);
}

const heartbeat = (id: string, attempt = 1) => app.commands.execute(new HeartbeatAttempt(id, attempt, {}, CALL));
const get = async (id: string) => requestView(await app.queries.execute(new GetRequest(id, null)));
const attemptsOf = async (id: string) => (await app.queries.execute(new ListAttempts(id))).map(attemptView);
const look = () => app.reaper.look();

async function followed(position: bigint): Promise<void> {
  const progress = app.progressOf('leases');
  await until('the deadlines are known', () => progress.state === 'live' && (progress.position ?? 0n) >= position);
}

describe('a lease', () => {
  it('ends the attempt if not renewed, and the request waits for another worker', async () => {
    const id = await submit();
    await claim(id);
    await look();
    app.advance(LEASE + 1);
    await until('the request is pending', async () => (await get(id)).status === 'pending');
    expect(await get(id)).toMatchObject({ retry_count: 1, attempt: 1 });
    expect(await attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: 'lost' }]);
  });

  it('is renewed in full by each heartbeat', async () => {
    const id = await submit();
    await claim(id);
    for (let beats = 0; beats < 3; beats += 1) {
      app.advance(LEASE - 5);
      await heartbeat(id);
      await look();
    }
    expect(await get(id)).toMatchObject({ status: 'planning' });
    const [attempt] = await attemptsOf(id);
    const { leaseExpiresAt } = await heartbeat(id);
    expect(attempt?.lease_expires_at).toBe(leaseExpiresAt);
  });

  it("that has expired is over for the next command, even before the reaper's check", async () => {
    const id = await submit();
    await claim(id);
    await look();
    app.advance(LEASE + 1);
    const wanted = { worker: 'other', session_id: null, lease_seconds: LEASE };
    const claimed = await on(id, { command: 'ClaimRequest', ...wanted });
    expect(claimed.request.attempts.map(({ outcome }) => outcome)).toEqual(['lost', null]);
    await expect(heartbeat(id, 1)).rejects.toMatchObject({ code: 'stale-attempt' });
  });

  it('that a command found expired is no longer renewed, even if the command fails', async () => {
    const id = await submit();
    await claim(id);
    await look();
    app.advance(LEASE + 1);
    const refused = on(id, { command: 'ChangeStatus', patch: { status: 'deploying' } });
    await expect(refused).rejects.toMatchObject({ code: 'illegal-transition' });
    await expect(heartbeat(id)).rejects.toMatchObject({ code: 'stale-attempt' });
  });

  it('fails the request after three attempts lost in a row', async () => {
    const id = await submit();
    for (const attempt of [1, 2, 3]) {
      await claim(id);
      await look();
      app.advance(LEASE + 1);
      await until(`attempt ${attempt} is lost`, async () => {
        const attempts = await attemptsOf(id);
        return attempts.at(-1)?.outcome === 'lost';
      });
    }
    expect(await get(id)).toMatchObject({ status: 'failed', error_code: 'attempts-exhausted' });
  });

  it('is not renewed once its attempt has reported', async () => {
    const id = await submit();
    await claim(id);
    await on(id, { command: 'ReportAttempt', attempt: 1, report: { outcome: 'failed' } });
    await expect(heartbeat(id)).rejects.toMatchObject({ code: 'stale-attempt' });
    await expect(heartbeat(id, 7)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a lease renewed while the reaper waits for its row', () => {
  /** Another connection makes the row of the lease whole again, and commits when the reaper's statement waits for it. */
  async function whileTheReaperWaits(id: string, change: string): Promise<void> {
    const other = await app.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(
        `UPDATE leases SET ${change} expires_at = expires_at + interval '${LEASE} seconds' WHERE request_id = $1`,
        [id],
      );
      app.advance(LEASE + 1);
      const looking = look();
      await until('the reaper waits for the row', async () => {
        const { rows } = await app.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SET lapsed = true%'`,
        );
        return rows.length > 0;
      });
      await other.query('COMMIT');
      await looking;
    } finally {
      other.release();
    }
  }

  it('is not taken from the attempt that renewed it', async () => {
    const id = await submit();
    await claim(id);
    await look();
    await whileTheReaperWaits(id, '');
    expect(await attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: null }]);
    await expect(heartbeat(id)).resolves.toMatchObject({ directives: [] });
  });

  it('is not taken from the next attempt', async () => {
    const id = await submit();
    await claim(id);
    await look();
    await whileTheReaperWaits(id, 'attempt = 2,');
    const { rows } = await app.pool.query('SELECT attempt, lapsed FROM leases WHERE request_id = $1', [id]);
    expect(rows).toEqual([{ attempt: 2, lapsed: false }]);
  });
});

describe('a heartbeat', () => {
  it('returns cancel if someone else ended the request, and drain if someone else blocked it', async () => {
    const id = await submit();
    await claim(id);
    expect((await heartbeat(id)).directives).toEqual([]);
    await on(id, { command: 'ChangeStatus', patch: { status: 'blocked' } });
    expect((await heartbeat(id)).directives).toEqual(['drain']);
    await on(id, { command: 'ChangeStatus', patch: { status: 'cancelled' } });
    expect((await heartbeat(id)).directives).toEqual(['cancel']);
  });

  it('returns nothing if the attempt itself moved the request', async () => {
    const id = await submit();
    await claim(id);
    const agent: Call = { ...CALL, actor: { principal: 'tester', role: 'agent', attempt: 1 } };
    await on(id, { command: 'ChangeStatus', patch: { status: 'blocked', reason: 'question' } }, agent);
    expect((await heartbeat(id)).directives).toEqual([]);
  });
});

describe('a blocked request', () => {
  it('resumes in time', async () => {
    const id = await submit();
    const resume_at = '2031-01-01T00:00:00.000Z';
    const blocked = { status: 'blocked', reason: 'usage_limit', resume_at } as const;
    const { position } = await on(id, { command: 'ChangeStatus', patch: blocked });
    await followed(position);
    await look();
    expect(await get(id)).toMatchObject({ status: 'blocked' });
    app.advance(400 * 24 * 3_600);
    await until('the request is pending', async () => (await get(id)).status === 'pending');
    expect(await get(id)).toMatchObject({ blocked: null, retry_count: 0 });
  });
});
