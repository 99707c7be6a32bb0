/**
 * A backlog, and each trouble that the API of the model can have, with pauses that are scaled. What the real Claude Code says of it decides
 * what the worker does, so each is met once. How long the pauses of each cause are, and how many runs an hour of them can hold, is shown in
 * `src/worker/pauses.spec.ts`; here one trouble lasts an hour, and one that is held against a request in the end lasts several pauses.
 */
import { describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import type { Reply } from './support/messages-api.ts';
import { bash, plays } from './support/play.ts';
import { useStage } from './support/stage.ts';
import type { WorkerProcess } from '../support/worker.ts';

/** More than are claimed in any of these. */
const BACKLOG = 12;
/** An hour of pauses is 18 s. */
const SCALE = 0.005;
const HOUR_MS = 3_600_000 * SCALE;
const CONCURRENCY = 2;
/** Of an hour in which the account cannot be used. */
const MOST_CLAIMS = 5;

const stage = useStage();

const refuse = (status: number, error: string, message: string): Reply => ({ status, error, message });
const claimsOf = ({ log }: WorkerProcess) => log.filter(({ msg }) => msg === 'claimed').length;
const isLonger = (lengths: readonly number[]) => Math.max(...lengths) > (lengths[0] ?? Infinity);
const pausesOf = ({ log }: WorkerProcess) => log.filter(({ msg }) => msg.startsWith('claiming no requests'));
const lengthsOf = (worker: WorkerProcess): number[] => pausesOf(worker).map(({ pause_ms }) => pause_ms as number);

interface Trouble {
  readonly reply?: Reply;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly cause: string;
  /** Of the reports. */
  readonly code: string;
  /** Until the first pause, when left out. */
  readonly lasts?: 'an hour' | 'until a pause is longer than the first';
}

const ACCOUNT = { cause: 'agent-unusable' };
const PROVIDER = { cause: 'provider', code: 'provider' };

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'exhausted credit': {
    ...ACCOUNT,
    lasts: 'an hour',
    reply: refuse(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    code: 'account',
  },
  'a disabled organisation': {
    ...ACCOUNT,
    reply: refuse(400, 'invalid_request_error', 'This organization has been disabled.'),
    code: 'agent-auth',
  },
  'a rejected key': {
    ...ACCOUNT,
    reply: refuse(401, 'authentication_error', 'invalid x-api-key'),
    code: 'agent-auth',
  },
  'a rate limit': {
    cause: 'rate-limit',
    reply: refuse(429, 'rate_limit_error', 'This request would exceed your rate limit.'),
    code: 'account',
  },
  'a refused connection': {
    ...PROVIDER,
    env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
  },
  '500': { ...PROVIDER, reply: refuse(500, 'api_error', 'Internal server error') },
  '502 with HTML': {
    ...PROVIDER,
    reply: { status: 502, html: '<html><body><h1>502 Bad Gateway</h1></body></html>' },
  },
  '503': { ...PROVIDER, reply: refuse(503, 'api_error', 'Service unavailable') },
  '529': { ...PROVIDER, reply: refuse(529, 'overloaded_error', 'Overloaded') },
  'an unknown error': {
    ...PROVIDER,
    cause: 'refusal',
    lasts: 'until a pause is longer than the first',
    reply: refuse(418, 'teapot', 'I am a teapot.'),
  },
  'a model that does not exist': {
    cause: 'configuration',
    code: 'configuration',
    reply: refuse(404, 'not_found_error', 'model: claude-nope-1'),
    args: ['--model', 'claude-nope-1'],
  },
};

async function statuses(ids: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { id, status } of await stage.api.all('/requests?limit=100'))
    if (ids.includes(id)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function backlog(): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < BACKLOG; n += 1) ids.push(await stage.submit({ title: `Request ${n}` }));
  return ids;
}

function startWorker({ env = {}, args = [] }: Pick<Trouble, 'env' | 'args'>): WorkerProcess {
  return stage.startWorker({
    args,
    env: {
      AUTOMATION_WORKER_PAUSE_SCALE: String(SCALE),
      AUTOMATION_WORKER_CONCURRENCY: String(CONCURRENCY),
      ...env,
    },
  });
}

/** From the first pause on. */
async function anHourOf(worker: WorkerProcess): Promise<void> {
  await eventually('the worker pauses', () => pausesOf(worker).length > 0);
  const since = performance.now();
  await eventually('an hour has passed', () => performance.now() - since > HOUR_MS);
}

describe('a backlog', () => {
  it.each(Object.entries(TROUBLES))('loses no request to %s', async (_, { reply, cause, code, lasts, ...how }) => {
    stage.model.reset(() => reply ?? { text: 'Nobody asks.' });
    const ids = await backlog();
    const worker = startWorker(how);
    if (lasts === 'an hour') await anHourOf(worker);
    else if (lasts) await eventually('the worker pauses longer than at first', () => isLonger(lengthsOf(worker)));
    else await eventually('the worker pauses', () => pausesOf(worker).length > 0);
    await worker.stop();

    expect(await statuses(ids)).toEqual({ pending: BACKLOG });
    expect(claimsOf(worker)).toBeGreaterThan(0);
    // What was begun together, and what an hour can hold.
    expect(claimsOf(worker)).toBeLessThanOrEqual(CONCURRENCY + MOST_CLAIMS);
    const pauses = pausesOf(worker);
    expect(new Set(pauses.map((it) => `${it.cause} ${it.error_code}`))).toEqual(new Set([`${cause} ${code}`]));
    expect(pauses[0].reason).toMatch(/\w/);
    if (lasts) expect(isLonger(lengthsOf(worker))).toBe(true);
    const events = (await Promise.all(ids.map((id) => stage.api.events(id)))).flat();
    expect(events.filter(({ type }) => type === 'RequestFailed')).toEqual([]);
  });

  it('waits until the day on which a spending limit resets', async () => {
    const day = new Date(Date.now() + 10 * 24 * 3_600_000).toISOString().slice(0, 10);
    const message = `You have reached your specified API usage limits. You will regain access on ${day} at 00:00 UTC.`;
    stage.model.reset(() => refuse(400, 'invalid_request_error', message));
    const ids = await backlog();
    const worker = startWorker({});
    await eventually('the worker pauses', () => pausesOf(worker).length > 0);
    await worker.stop();
    const claims = claimsOf(worker);
    expect(claims).toBeLessThanOrEqual(CONCURRENCY);
    expect(Date.parse(pausesOf(worker)[0].time) + pausesOf(worker)[0].pause_ms).toBeGreaterThan(
      Date.parse(`${day}T00:00:00Z`) - 60_000,
    );
    expect(await statuses(ids)).toEqual({ pending: BACKLOG - claims, blocked: claims });
    for (const { id } of await stage.api.all('/requests?status=blocked')) {
      if (!ids.includes(id)) continue;
      const resume_at = `${day}T00:00:00.000Z`;
      expect(await stage.api.request(id)).toMatchObject({ blocked: { reason: 'usage_limit', resume_at } });
      await stage.api.post(`/requests/${id}/cancel`);
    }
  });

  it('loses no request to an option that the CLI does not know', async () => {
    const ids = await backlog();
    const command = [process.env.TEST_CLAUDE_PROGRAM, '-p', '/process-request {id}', '--no-such-option'];
    const worker = startWorker({
      env: { AUTOMATION_AGENT_COMMAND: JSON.stringify(command), AUTOMATION_AGENT_OUTPUT: 'stream-json' },
    });
    await eventually('the worker pauses', () => pausesOf(worker).length > 0);
    await worker.stop();
    expect(claimsOf(worker)).toBeLessThanOrEqual(CONCURRENCY);
    expect(await statuses(ids)).toEqual({ pending: BACKLOG });
    expect(pausesOf(worker)[0]).toMatchObject({ cause: 'configuration', error_code: 'configuration' });
    expect(pausesOf(worker)[0].reason).toContain("unknown option '--no-such-option'");
  });

  it('is worked through once the provider is back', async () => {
    stage.model.reset(() => refuse(529, 'overloaded_error', 'Overloaded'));
    const ids = [await stage.submit(), await stage.submit()];
    const worker = startWorker({});
    await eventually('the worker has paused twice', () => pausesOf(worker).length >= 2);
    stage.model.reset(
      plays(function* () {
        yield* bash('true');
        return 'I have looked.';
      }),
    );
    await eventually('both were worked on', async () => (await statuses(ids)).blocked === ids.length);
  });
});
