/** The worker against the real service, with a scripted agent in place of Claude Code, polling the list of pending requests. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as attempts from '../support/attempts.ts';
import { commandLines, processesWith, residentMiB, runs } from '../support/processes.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';
import type { WorkerOptions } from '../support/worker.ts';

const running = useServer('engine in process');
const workers: WorkerProcess[] = [];

function startWorker(behaviour: string, options: Partial<WorkerOptions> = {}): WorkerProcess {
  const worker = new WorkerProcess({ apiUrl: running.server.url, behaviour, ...options });
  workers.push(worker);
  return worker;
}

const STOPPING = 'stopping: taking no more requests; a second signal stops at once';
const CLAUDE = { AUTOMATION_AGENT_OUTPUT: 'stream-json' };

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
  await expectNothingStranded(running.api);
  // What was handed back would be the next test's first work.
  for (const { id } of await running.api.all('/requests?status=pending'))
    await running.api.post(`/requests/${id}/cancel`);
});

const attemptsOf = (id: string) => attempts.attemptsOf(running.api, id);
const ended = (id: string, attempt = 1, limitMs?: number) => attempts.attemptEnded(running.api, id, attempt, limitMs);

/** The worker of a `describe`, whose agents do what each test tells them. */
function useWorker(env: Readonly<Record<string, string>>) {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = new WorkerProcess({ apiUrl: running.server.url, behaviour: 'as-told', env, args: ['--concurrency', '2'] });
    await worker.logs('worker started');
  });
  afterAll(() => worker.dispose());
  return {
    get worker() {
      return worker;
    },
    async begin(behaviour: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
      const { id } = await running.api.submit(fields);
      worker.tell(id, behaviour);
      return id;
    },
  };
}

/** Resident memory of the worker while a request is worked on, at most, in MiB. */
async function growth(worker: WorkerProcess, begin: () => Promise<string>): Promise<number> {
  const before = residentMiB(worker.pid);
  let most = before;
  const id = await begin();
  const look = async () => {
    most = Math.max(most, residentMiB(worker.pid));
    return (await attemptsOf(id))[0]?.outcome != null;
  };
  await until('the run ends', look, 50_000);
  expect((await ended(id)).attempt.outcome).toBe('succeeded');
  return most - before;
}

describe('a run', () => {
  const secret = `canary-${randomUUID()}`;
  const one = useWorker({
    LOG_LEVEL: 'trace',
    AWS_SECRET_ACCESS_KEY: 'of-the-worker',
    ANTHROPIC_API_KEY: `key-${secret}`,
    CLAUDECODE: '1',
    MY_TOOL: 'yes',
    MY_TOOLS: 'no',
    PREFIX_A: 'a',
    AUTOMATION_AGENT_ENV: 'MY_TOOL,PREFIX_*',
  });

  it('is claimed, run and reported', async () => {
    const id = await one.begin('succeed');
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ attempt: 1, worker: 'test-worker', outcome: 'succeeded', exit_code: 0 });
    expect(attempt.duration_ms).toBeGreaterThan(0);
    // The agent did nothing about its request, and the service says so.
    expect(request).toMatchObject({ status: 'blocked', attempt: 1, session_id: attempt.session_id });
    expect(request.blocked.message).toContain('without finishing');
    const journal = join(one.worker.folder, 'state/test-worker/attempts');
    await until('nothing is left to be reported', () => readdirSync(journal).length === 0);
  });

  it('fails with the exit code, and reports the last output without secrets', async () => {
    const id = await one.begin('fail:7');
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ outcome: 'failed', error_code: 'agent-failed', exit_code: 7 });
    expect(request.status).toBe('failed');
    expect(request.error_message).toContain('something broke; my token is [redacted]');
  });

  it('gets its request, its token and an environment of named variables', async () => {
    const id = await one.begin('succeed');
    const { env, argv, cwd } = await one.worker.agentRun(id);
    const { session_id } = (await ended(id)).attempt;
    expect(Object.keys(env).sort()).toEqual(
      [
        'AUTOMATION_AGENT_TOKEN',
        'AUTOMATION_API_URL',
        'AUTOMATION_ATTEMPT',
        'AUTOMATION_REQUEST_ID',
        'AUTOMATION_RUN_ID',
        'AUTOMATION_SESSION_ID',
        'GIT_AUTHOR_EMAIL',
        'GIT_AUTHOR_NAME',
        'GIT_COMMITTER_EMAIL',
        'GIT_COMMITTER_NAME',
        'HOME',
        'MY_TOOL',
        'PATH',
        'PREFIX_A',
        'PWD',
      ].filter((name) => name !== 'PWD' || 'PWD' in env),
    );
    expect(env).toMatchObject({
      AUTOMATION_REQUEST_ID: id,
      AUTOMATION_ATTEMPT: '1',
      AUTOMATION_SESSION_ID: session_id,
    });
    expect(argv.slice(2)).toEqual(['as-told', id]);
    expect(cwd).toBe(one.worker.folder);
  });

  it('allows reports with its token, and nothing else', async () => {
    const [id, other] = [await one.begin('wait'), await one.begin('wait')];
    const { env } = await one.worker.agentRun(id);
    const agent = running.api.bearing(env.AUTOMATION_AGENT_TOKEN ?? '');
    expect((await agent.patch(`/requests/${id}/status`, { status: 'implementing' })).status).toBe(200);
    expect((await agent.patch(`/requests/${other}/status`, { status: 'implementing' })).status).toBe(403);
    expect((await agent.post(`/requests/${id}/attempts/1/report`, { outcome: 'succeeded' })).status).toBe(403);
    for (const it of [id, other]) one.worker.letGo(it);
    await Promise.all([ended(id), ended(other)]);
  });

  it('never has the text of its request or a token where others can read it', async () => {
    const { worker } = one;
    const id = await one.begin('wait', {
      title: `Title ${secret} $(touch pwned)`,
      description: `Text ${secret}; \`touch pwned\``,
    });
    const { env } = await worker.agentRun(id);
    const lines = commandLines();
    expect(lines.some((line) => line.includes(id))).toBe(true);
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    expect(lines.filter((line) => line.includes(env.AUTOMATION_AGENT_TOKEN ?? 'none'))).toEqual([]);
    worker.letGo(id);
    await ended(id);
    await until('the end is logged', () =>
      worker.log.some((it) => it.msg === 'end report accepted' && it.request_id === id),
    );
    const output = worker.stdout + worker.stderr;
    expect(output).not.toContain(secret);
    expect(output).not.toContain(env.AUTOMATION_AGENT_TOKEN);
    expect(existsSync(join(worker.folder, 'pwned'))).toBe(false);
  });

  it('leaves nothing running, even if it ended well', async () => {
    const id = await one.begin('litter');
    expect((await ended(id)).attempt.outcome).toBe('succeeded');
    const { children } = await one.worker.agentRun(id);
    expect(children).toHaveLength(1);
    expect(children.filter(runs)).toEqual([]);
    const end = one.worker.log.find((it) => it.msg === 'agent ended' && it.request_id === id);
    expect(end).toMatchObject({ left_behind: 1 });
  });

  it('can put out any amount of text without the worker growing', async () => {
    expect(await growth(one.worker, () => one.begin('flood:150'))).toBeLessThan(90);
  });

  it('is that of one worker only: a second one with its name and folder does not start', async () => {
    const second = new WorkerProcess({ apiUrl: running.server.url, folder: one.worker.folder });
    expect((await second.exited).code).toBe(2);
    expect(second.stderr).toContain('test-worker runs already');
  });
});

describe('a run of Claude Code', () => {
  const one = useWorker({
    ...CLAUDE,
    ANTHROPIC_API_KEY: 'of-claude',
    CLAUDECODE: '1',
    CLAUDE_CODE_ENTRYPOINT: 'x',
    AUTOMATION_AGENT_AFTER_RESULT_SECONDS: '1',
  });

  it('has its account, settings that keep it from hanging, and the session that the service knows', async () => {
    const id = await one.begin('claude-success');
    const { env, argv } = await one.worker.agentRun(id);
    const { session_id } = (await ended(id)).attempt;
    expect(env).toMatchObject({
      ANTHROPIC_API_KEY: 'of-claude',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      CLAUDE_CODE_MAX_RETRIES: '3',
    });
    expect(env).not.toHaveProperty('CLAUDECODE');
    expect(env).not.toHaveProperty('CLAUDE_CODE_ENTRYPOINT');
    expect(argv.slice(2)).toEqual(['as-told', id, '--session-id', session_id]);
  });

  it('succeeds with the last of its results, and its figures are recorded', async () => {
    const id = await one.begin('claude-success');
    expect((await ended(id)).attempt).toMatchObject({
      outcome: 'succeeded',
      num_turns: 3,
      cost_usd: 0.0123,
      usage: { input_tokens: 100, output_tokens: 20 },
    });
  });

  it('has failed without a complete result, despite exit code 0', async () => {
    const id = await one.begin('claude-no-result');
    expect((await ended(id)).attempt).toMatchObject({
      outcome: 'failed',
      error_code: 'agent-no-result',
      exit_code: 0,
      num_turns: 1,
    });
  });

  it('is ended if it lingers after its result, which counts', async () => {
    const id = await one.begin('claude-lingers');
    expect((await ended(id)).attempt.outcome).toBe('succeeded');
  });

  it('can put out any amount of messages without the worker growing', async () => {
    expect(await growth(one.worker, () => one.begin('claude-flood:100'))).toBeLessThan(90);
  });
});

describe('a worker', () => {
  it('takes the most urgent request first, and as many at once as allowed', async () => {
    const low = await running.api.submit({ priority: 'low' });
    const high = await running.api.submit({ priority: 'high' });
    const critical = await running.api.submit({ priority: 'critical' });
    const worker = startWorker('wait', { args: ['--concurrency', '2'] });
    await Promise.all([worker.agentRun(critical.id), worker.agentRun(high.id)]);
    expect((await running.api.request(low.id)).status).toBe('pending');
    worker.letGo();
    await Promise.all([critical, high, low].map(({ id }) => ended(id)));
  });
});

describe('an agent that ends badly', () => {
  it('is ended at its limit with everything it started, even processes that left its group or cleared their environment', async () => {
    const worker = startWorker('hang', { env: { AUTOMATION_AGENT_TOTAL_SECONDS: '1' } });
    const { id } = await running.api.submit();
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ outcome: 'failed', error_code: 'agent-timeout', exit_code: -9 });
    expect(request.error_message).toContain('limit of 1 s');
    const run = await worker.agentRun(id);
    expect(run.children).toHaveLength(2);
    expect([run.pid, ...run.children].filter(runs)).toEqual([]);
  });

  it('is ended if it falls silent, or never outputs anything', async () => {
    startWorker('silent', { env: { AUTOMATION_AGENT_SILENCE_SECONDS: '1' } });
    const first = await running.api.submit();
    expect((await ended(first.id)).attempt.error_code).toBe('agent-silent');
    await workers.pop()?.dispose();
    startWorker('silent', { env: { AUTOMATION_AGENT_FIRST_OUTPUT_SECONDS: '1' } });
    const second = await running.api.submit();
    expect((await ended(second.id)).attempt.error_code).toBe('agent-no-output');
  });
});

describe('Claude Code', () => {
  it('blocks its request until a usage limit ends, and no other is started meanwhile', async () => {
    const worker = startWorker('claude-limit', { env: CLAUDE });
    const { id } = await running.api.submit();
    const { request } = await ended(id);
    expect(request).toMatchObject({ status: 'blocked', blocked: { reason: 'usage_limit' }, retry_count: 0 });
    const wait = Date.parse(request.blocked.resume_at) - Date.now();
    expect(wait).toBeGreaterThan(3_500_000);
    expect(wait).toBeLessThan(3_700_000);
    await worker.logs('claiming no requests until the agent works again');
    await expectIdle(worker);
  });

  it('fails a request the third time its API refuses it while answering others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'automation-worker-test-'));
    const { id } = await running.api.submit({ priority: 'critical' });
    writeFileSync(join(folder, `refuse-${id}`), '');
    const others = await Promise.all(Array.from({ length: 10 }, () => running.api.submit()));
    startWorker('claude-refused', { folder, env: { ...CLAUDE, AUTOMATION_WORKER_PAUSE_SCALE: '0.05' } });
    const { request, attempt } = await ended(id, 3);
    expect(attempt).toMatchObject({ outcome: 'failed', error_code: 'agent-error' });
    expect(request).toMatchObject({ status: 'failed', retry_count: 0 });
    expect(request.error_message).toContain('API Error: 400 tools.3: odd');
    const before = await attemptsOf(id);
    expect(before.slice(0, 2)).toMatchObject(Array(2).fill({ outcome: 'released', error_code: 'provider' }));
    for (const other of others) expect((await ended(other.id)).attempt.outcome).toBe('succeeded');
  });

  it('hands its request back if it is not logged in, and no other is started', async () => {
    const worker = startWorker('claude-logged-out', { env: CLAUDE });
    const { id } = await running.api.submit();
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ outcome: 'released', error_code: 'agent-auth' });
    expect(request).toMatchObject({ status: 'pending', retry_count: 0 });
    await expectIdle(worker);
  });

  /** Three requests for one that looks each second and has all the time, and a newcomer that takes one a second gets them all. */
  async function expectIdle(worker: WorkerProcess): Promise<void> {
    const submitted = await Promise.all(['low', 'medium', 'high'].map((priority) => running.api.submit({ priority })));
    startWorker('claude-success', { env: { ...CLAUDE, AUTOMATION_WORKER_NAME: 'newcomer' } });
    // Among them may be one that the idle one has handed back.
    for (const { id } of submitted) expect((await ended(id)).attempt.worker).toBe('newcomer');
    expect(worker.log.filter((it) => it.msg === 'claimed')).toHaveLength(1);
  }
});

describe('a worker that is stopped', () => {
  it('lets its agent finish', async () => {
    const worker = startWorker('wait');
    const { id } = await running.api.submit();
    await worker.agentRun(id);
    const stopped = worker.stop();
    await worker.logs(STOPPING);
    const later = await running.api.submit();
    worker.letGo();
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect((await ended(id)).attempt.outcome).toBe('succeeded');
    expect((await running.api.request(later.id)).status).toBe('pending');
  });

  it('hands back what does not finish in time, and leaves nothing running', async () => {
    const worker = startWorker('hang', { env: { AUTOMATION_WORKER_DRAIN_SECONDS: '1' } });
    const { id } = await running.api.submit();
    const run = await worker.agentRun(id);
    await until('the agent has started its children', async () => (await worker.agentRun(id)).children.length === 2);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ outcome: 'released', error_code: 'worker-stopped' });
    expect(request).toMatchObject({ status: 'pending', retry_count: 0 });
    expect(processesWith(`AUTOMATION_RUN_ID=${run.env.AUTOMATION_RUN_ID}`)).toEqual([]);
  });

  it('stops at once on a second signal', async () => {
    const worker = startWorker('wait', { env: { AUTOMATION_WORKER_DRAIN_SECONDS: '600' } });
    const { id } = await running.api.submit();
    await worker.agentRun(id);
    worker.signal('SIGTERM');
    await worker.logs(STOPPING);
    // What comes within a second is taken for the same signal, which npm has passed on.
    worker.signal('SIGTERM');
    const again = setInterval(() => worker.signal('SIGINT'), 200);
    const exit = await worker.exited;
    clearInterval(again);
    expect(exit).toEqual({ code: 0, signal: null });
    expect((await ended(id)).attempt.outcome).toBe('released');
  });
});

describe('a worker that is killed', () => {
  it('takes its agent along, and hands the request back after a restart', async () => {
    const worker = startWorker('hang,succeed');
    const { id } = await running.api.submit();
    await worker.agentRun(id);
    await until('the agent has started its children', async () => (await worker.agentRun(id)).children.length === 2);
    const run = await worker.agentRun(id);
    await worker.kill();
    await until('the agent is gone', () => !runs(run.pid));
    await until(
      'and what bears its mark',
      () => processesWith(`AUTOMATION_RUN_ID=${run.env.AUTOMATION_RUN_ID}`).length === 0,
    );
    // Only the mark tells what emptied its environment and lost its parents: that is a container's part.
    process.kill(run.children[1] ?? 0, 'SIGKILL');

    startWorker('hang,succeed', { folder: worker.folder });
    const first = await ended(id, 1);
    expect(first.attempt).toMatchObject({ outcome: 'released', error_code: 'worker-restarted' });
    expect((await ended(id, 2)).attempt.outcome).toBe('succeeded');
  });

  it('ends what its guard could not after a restart', async () => {
    const worker = startWorker('wait');
    const { id } = await running.api.submit();
    const run = await worker.agentRun(id);
    const mark = `AUTOMATION_RUN_ID=${run.env.AUTOMATION_RUN_ID}`;
    // The guard is what has the mark on its command line.
    const guards = processesOfGuard(mark);
    expect(guards).toHaveLength(1);
    for (const pid of guards) process.kill(pid, 'SIGKILL');
    await worker.kill();
    expect(runs(run.pid)).toBe(true);
    const next = startWorker('succeed', { folder: worker.folder });
    await next.logs('ended processes that this worker had left running');
    expect(runs(run.pid)).toBe(false);
    expect((await ended(id, 2)).attempt.outcome).toBe('succeeded');
  });

  it('repeatedly with the same request fails it eventually', async () => {
    const { id } = await running.api.submit();
    let folder: string | undefined;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const worker = startWorker('wait', folder === undefined ? {} : { folder });
      folder = worker.folder;
      await worker.agentRun(id, attempt);
      await worker.kill();
    }
    startWorker('wait', folder === undefined ? {} : { folder });
    const { request, attempt } = await ended(id, 3);
    expect(attempt).toMatchObject({ outcome: 'failed', error_code: 'worker-restarted' });
    expect(request.status).toBe('failed');
  });

  function processesOfGuard(mark: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return runs(Number(pid)) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(mark);
        } catch {
          return false;
        }
      })
      .map(Number);
  }
});

describe('several workers', () => {
  it('that compete for the same request 50 times run it once each time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'automation-race-'));
    // Leaves a file of its own for its attempt, and fails where there is one.
    const agent = ['/bin/sh', '-c', 'set -C; : > "ran-$AUTOMATION_REQUEST_ID"'];
    const env = { AUTOMATION_AGENT_COMMAND: JSON.stringify(agent), AUTOMATION_AGENT_DIR: folder };
    const submitted = await Promise.all(Array.from({ length: 50 }, () => running.api.submit()));
    const racers = ['a', 'b'].map((name) =>
      startWorker('', { env: { ...env, AUTOMATION_WORKER_NAME: name }, args: ['--concurrency', '16'] }),
    );
    for (const { id } of submitted) {
      const { attempt } = await ended(id, 1, 120_000);
      expect(attempt).toMatchObject({ outcome: 'succeeded', exit_code: 0 });
      expect(await attemptsOf(id)).toHaveLength(1);
    }
    expect(readdirSync(folder)).toHaveLength(50);
    // They did go for the same ones.
    const lost = racers.flatMap(({ log }) => log.filter((it) => it.msg === 'not claimed'));
    expect(lost.length).toBeGreaterThan(10);
    expect(racers.every(({ log }) => log.some((it) => it.msg === 'claimed'))).toBe(true);
    rmSync(folder, { recursive: true });
  }, 180_000);
});

describe('a misconfigured worker', () => {
  it('reports everything at once and ends with status 2', async () => {
    const worker = startWorker('succeed', { env: { AUTOMATION_WORKER_CONCURRENCY: 'many', LOG_LEVEL: 'loud' } });
    expect((await worker.exited).code).toBe(2);
    expect(worker.stderr).toContain('AUTOMATION_WORKER_CONCURRENCY');
    expect(worker.stderr).toContain('LOG_LEVEL');
  });

  it('does not start without its agent', async () => {
    const worker = startWorker('succeed', { env: { AUTOMATION_AGENT_COMMAND: '["no-such-agent", "{id}"]' } });
    expect((await worker.exited).code).toBe(2);
    expect(worker.stderr).toContain('no-such-agent');
  });
});
