/** The Stop hook as Claude Code runs it, against the real service. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHook } from '../../support/guard.ts';
import { HttpProxy } from '../../support/http-proxy.ts';
import { KIT } from '../../support/kit.ts';
import { useServer } from '../../support/ways.ts';

interface RequestState {
  type: string;
  status: string;
  attempt: number;
  milestones: { id: string; status: string }[];
  test_results: { passed: number; failed: number; skipped: number } | null;
}
const { judgeCompletion } = (await import(`${KIT}/scripts/completion.mjs`)) as {
  judgeCompletion: (request: RequestState, attempt?: number) => { done: boolean; open: string[] };
};

const running = useServer('engine in process');
let proxy: HttpProxy;
let folder: string;
let id: string;
let session: string;
/** Of a claimed request, as the worker gives it to its agent. */
let env: Record<string, string>;
let token: string;

beforeAll(async () => {
  proxy = await HttpProxy.start(() => running.server.url);
  folder = await mkdtemp(join(tmpdir(), 'automation-stop-test-'));
});
afterAll(async () => {
  await proxy.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  session = randomUUID();
  await begin('bug');
});
afterEach(() => {
  proxy.fate = () => 'pass';
});

async function begin(type: string): Promise<void> {
  ({ id } = await running.api.submit({ type, title: 'Off by one', description: 'The last page is empty.' }));
  const claim = await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
  token = claim.body.agent_token;
  env = {
    AUTOMATION_API_URL: proxy.url,
    AUTOMATION_REQUEST_ID: id,
    AUTOMATION_ATTEMPT: '1',
    AUTOMATION_AGENT_TOKEN: token,
    AUTOMATION_HOOK_STATE_DIR: folder,
  };
}

async function report(patch: object): Promise<void> {
  const { status } = await running.api.patch(`/requests/${id}`, patch);
  expect(status).toBe(200);
}

/** What the hook answers to a Stop: the reason why not, or null when the agent may. */
async function stop(event: object = {}, environment = env): Promise<{ block: string | null; said: string }> {
  const input = {
    hook_event_name: 'Stop',
    session_id: session,
    stop_hook_active: false,
    background_tasks: [],
    ...event,
  };
  const { code, stdout, stderr } = await runHook(
    `${KIT}/scripts/verify_completion.mjs`,
    JSON.stringify(input),
    environment,
  );
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(token);
  if (stdout === '') return { block: null, said: stderr };
  const answer = JSON.parse(stdout) as { decision?: string; reason?: string; systemMessage?: string };
  if (answer.decision === undefined) return { block: null, said: answer.systemMessage ?? '' };
  expect(answer).toEqual({ decision: 'block', reason: expect.any(String) });
  return { block: answer.reason ?? '', said: '' };
}

const FREE = { block: null, said: '' };
const MILESTONES = [
  { id: 'm1', title: 'A failing test', status: 'completed' },
  { id: 'm2', title: 'The mend', status: 'in_progress' },
];
const DONE = MILESTONES.map((milestone) => ({ ...milestone, status: 'completed' }));
const PASSING = { passed: 3, failed: 0, skipped: 0 };

describe('an agent that stops', () => {
  it('is sent back while its request is open, and told what is missing', async () => {
    await report({ status: 'implementing', milestones: MILESTONES });
    const { block } = await stop();
    expect(block).toContain('The status is implementing');
    expect(block).toContain('Milestones are open: m2.');
    expect(block).toContain('No test results are recorded.');
    expect(block).toContain('update_request_status.mjs');
    expect(block).toContain('report blocked');
  });

  it('is sent back for failing tests', async () => {
    await report({ status: 'implementing', milestones: DONE, test_results: { passed: 2, failed: 1, skipped: 0 } });
    expect((await stop()).block).toContain('have 1 failed');
  });

  it('may stop once the request is completed with evidence', async () => {
    await report({ status: 'implementing', milestones: DONE, test_results: PASSING });
    await report({ status: 'reviewing' });
    expect((await stop()).block).toContain('The status is reviewing');
    await report({ status: 'completed' });
    expect(await stop()).toEqual(FREE);
  });

  it.each(['claimed', 'undelivered'])('may stop once its completion is %s, but not once delivered', async (state) => {
    const request = await running.api.request(id);
    const answer = (of: string) => ({
      json: { ...request, status: 'reviewing', attempt: 1, delivery: { state: of } },
    });
    proxy.fate = () => answer(state);
    expect(await stop()).toEqual(FREE);
    proxy.fate = () => answer('delivered');
    expect((await stop()).block).toContain('The status is reviewing');
  });

  it('may stop once it reported blocked or failed, whatever is open', async () => {
    await report({ status: 'blocked', milestones: MILESTONES, error_message: 'Zero or one?' });
    expect(await stop()).toEqual(FREE);
    await begin('feature');
    await report({ status: 'failed', milestones: MILESTONES });
    expect(await stop()).toEqual(FREE);
  });

  it('needs no tests for research', async () => {
    await begin('research');
    await report({ plan_document: 'It is so.', milestones: DONE });
    expect((await stop()).block).not.toContain('test results');
    await report({ status: 'completed' });
    expect(await stop()).toEqual(FREE);
  });

  it('may stop once its attempt has ended', async () => {
    await running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    expect(await stop()).toEqual(FREE);
    await running.api.post(`/requests/${id}/attempts`, { worker: 'other' });
    expect(await stop()).toEqual(FREE);
  });

  it('may stop during background tasks, since it stops again afterwards', async () => {
    expect(await stop({ background_tasks: [{ id: 'x' }] })).toEqual(FREE);
    expect((await stop()).block).not.toBeNull();
  });

  it('is left alone if it works on no request', async () => {
    const { AUTOMATION_REQUEST_ID: _, ...other } = env;
    expect(await stop({}, other)).toEqual(FREE);
  });
});

describe('sending back is limited', () => {
  it('if nothing was reported since', async () => {
    expect((await stop()).block).not.toBeNull();
    const second = await stop({ stop_hook_active: true });
    expect(second.block).toBeNull();
    expect(second.said).toContain('reported nothing since');
  });

  it('to five times in a session while the agent makes progress', async () => {
    await report({ status: 'implementing', milestones: MILESTONES });
    for (let round = 1; round <= 5; round += 1) {
      expect((await stop({ stop_hook_active: round > 1 })).block).not.toBeNull();
      await report({ current_phase: `round ${round}` });
    }
    const last = await stop({ stop_hook_active: true });
    expect(last.block).toBeNull();
    expect(last.said).toContain('5 times');
    session = randomUUID();
    expect((await stop()).block).not.toBeNull();
  });

  it("ignoring the worker's figures", async () => {
    expect((await stop()).block).not.toBeNull();
    const before = (await running.api.request(id)).version;
    await running.api.post(`/requests/${id}/attempts/1/heartbeat`, { num_turns: 7, cost_usd: 0.1 });
    expect((await running.api.request(id)).version).toBeGreaterThan(before);
    expect((await stop({ stop_hook_active: true })).block).toBeNull();
  });

  it('even if it cannot count', async () => {
    const uncounted = { ...env, AUTOMATION_HOOK_STATE_DIR: '/dev/null/x' };
    expect((await stop({}, uncounted)).block).not.toBeNull();
    expect((await stop({ stop_hook_active: true }, uncounted)).block).toBeNull();
  });

  it('with one small file per session, whose name reveals nothing', async () => {
    await stop();
    const files = await readdir(folder);
    expect(files.filter((name) => name.includes(session))).toEqual([]);
    expect(files.every((name) => /^stops-[0-9a-f]{32}\.json$/.test(name))).toBe(true);
  });
});

describe('a service in trouble', () => {
  it('keeps no agent from stopping, and the missing check is reported', async () => {
    proxy.fate = () => ({ status: 503 });
    const { block, said } = await stop();
    expect(block).toBeNull();
    expect(said).toContain('did not check');
  });

  it('that refuses the token keeps no agent either', async () => {
    const { block, said } = await stop({}, { ...env, AUTOMATION_AGENT_TOKEN: 'wrong-token' });
    expect(block).toBeNull();
    expect(said).toContain('refused');
  });

  it('nor does an unreadable event', async () => {
    const { code, stdout } = await runHook(`${KIT}/scripts/verify_completion.mjs`, '{', env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ systemMessage: expect.stringContaining('could not be read') });
  });
});

describe('the completion rule', () => {
  const whole: RequestState = {
    type: 'feature',
    status: 'completed',
    attempt: 1,
    milestones: DONE,
    test_results: PASSING,
  };

  it.each<[string, Partial<RequestState>, number | undefined, boolean]>([
    ['completed with evidence', {}, 1, true],
    ['completed with a skipped milestone', { milestones: [{ id: 'a', status: 'skipped' }] }, 1, true],
    ['completed with an open milestone', { milestones: [{ id: 'a', status: 'pending' }] }, 1, false],
    ['completed with a failed milestone', { milestones: [{ id: 'a', status: 'failed' }] }, 1, false],
    ['completed without test results', { test_results: null }, 1, false],
    ['completed with failing tests', { test_results: { ...PASSING, failed: 2 } }, 1, false],
    ['completed research without test results', { type: 'research', test_results: null }, 1, true],
    ['cancelled', { status: 'cancelled', milestones: MILESTONES }, 1, true],
    ['deploying', { status: 'deploying' }, 1, false],
    ['pending again', { status: 'pending' }, 1, true],
    ['pending, by hand', { status: 'pending' }, undefined, false],
    ['of a later attempt', { status: 'implementing', attempt: 2 }, 1, true],
  ])('a request that is %s', (_, change, attempt, done) => {
    const judgement = judgeCompletion({ ...whole, ...change }, attempt);
    expect(judgement.done).toBe(done);
    expect(judgement.open.length > 0).toBe(!done);
  });

  it('names only some of many milestones', () => {
    const milestones = Array.from({ length: 200 }, (_, index) => ({ id: `m${index}`, status: 'pending' }));
    const [sentence] = judgeCompletion({ ...whole, milestones }, 1).open;
    expect(sentence).toMatch(/m9 and 190 more\.$/);
  });
});
