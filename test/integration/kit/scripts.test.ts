/** The kit's scripts as an agent runs them: processes of their own, against the real service. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpProxy } from '../../support/http-proxy.ts';
import { KIT, runScript } from '../../support/kit.ts';
import { useServer } from '../../support/ways.ts';

const running = useServer('engine in process');
let proxy: HttpProxy;
let folder: string;
/** Of a claimed request, as the worker gives it to its agent. */
let env: Record<string, string>;
let id: string;

beforeAll(async () => {
  proxy = await HttpProxy.start(() => running.server.url);
  folder = await mkdtemp(join(tmpdir(), 'automation-kit-test-'));
});
afterAll(async () => {
  await proxy.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  ({ id } = await running.api.submit({ type: 'bug', title: 'Off by one', description: 'The last page is empty.' }));
  const claim = await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
  env = {
    AUTOMATION_API_URL: proxy.url,
    AUTOMATION_REQUEST_ID: id,
    AUTOMATION_ATTEMPT: '1',
    AUTOMATION_AGENT_TOKEN: claim.body.agent_token,
    AUTOMATION_CORRELATION_ID: 'of-the-run',
    AUTOMATION_SPOOL_DIR: join(folder, 'spool', id),
  };
});
afterEach(() => {
  proxy.fate = () => 'pass';
});

const fetchRequest = (...args: string[]) => runScript('fetch_request.mjs', args, env);
const update = (...args: string[]) => runScript('update_request_status.mjs', args, env);

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const PLANNED = [
  { id: 'm1', title: 'A failing test', status: 'pending' },
  { id: 'm2', title: 'The mend', description: 'In the pager', status: 'pending' },
];

describe('fetch_request', () => {
  it('prints the request of the environment, or the given one, as JSON', async () => {
    const { code, stdout } = await fetchRequest();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(await running.api.request(id));
    expect((await fetchRequest(id.toUpperCase())).stdout).toBe(stdout);
  });

  it('prints a single field as it is', async () => {
    expect((await fetchRequest('--field', 'description')).stdout).toBe('The last page is empty.\n');
    expect((await fetchRequest('--field', 'milestones')).stdout).toBe('[]\n');
    expect(await fetchRequest('--field', 'toString')).toMatchObject({ code: 2, stdout: '' });
  });

  it('prints questions to people and their answers', async () => {
    await update('blocked', '--reason', 'question', '--error-message', 'Zero-based or one-based?');
    await running.api.post(`/requests/${id}/retry`, { reason: 'One-based, please.' });
    const { stdout } = await runScript('fetch_request.mjs', [id, '--answers'], { AUTOMATION_API_URL: proxy.url });
    expect(JSON.parse(stdout)).toEqual([
      {
        at: expect.any(String),
        by: 'anonymous',
        asked: { reason: 'question', message: 'Zero-based or one-based?' },
        answer: 'One-based, please.',
      },
    ]);
  });
});

describe('update_request_status', () => {
  it('reports a request from its plan to its end', async () => {
    const plan = await file('plan.md', '# Plan\n\nA test first.\n');
    expect(
      await update(
        'planning',
        '--phase',
        'plan written',
        '--plan',
        plan,
        '--milestones',
        await file('m.json', PLANNED),
      ),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Recorded: planning (plan written), 0 of 2 milestones done'),
    });
    await update('implementing', '--phase', 'milestone 1 of 2', '--milestone', 'm1=in_progress');
    await update('implementing', '--milestone', 'm1=completed', '--milestone', 'm2=skipped');
    await update(
      'testing',
      '--test-results',
      await file('r.json', { passed: 12, failed: 0, skipped: 1, summary: 'all' }),
    );
    await update('reviewing', '--pr-url', 'https://example.com/pull/7');
    const done = await update('completed', '--json');
    expect(JSON.parse(done.stdout)).toEqual(await running.api.request(id));
    expect(await running.api.request(id)).toMatchObject({
      status: 'completed',
      plan_document: '# Plan\n\nA test first.\n',
      milestones: [
        { ...PLANNED[0], status: 'completed' },
        { ...PLANNED[1], status: 'skipped' },
      ],
      test_results: { passed: 12, failed: 0, skipped: 1, summary: 'all' },
      pr_url: 'https://example.com/pull/7',
    });
    const events = await running.api.events(id);
    const byAgent = events.filter(({ metadata }) => metadata.attempt === 1);
    expect(byAgent.length).toBeGreaterThan(8);
    expect(new Set(byAgent.map(({ metadata }) => metadata.$correlationId))).toEqual(new Set(['of-the-run']));
  });

  it('reports why it is blocked, and the work before', async () => {
    const { code } = await update(
      'blocked',
      '--reason',
      'dependency',
      '--error-message',
      'No access to staging.',
      '--error-code',
      'no-access',
      '--plan',
      await file('p.md', 'Half a plan'),
    );
    expect(code).toBe(0);
    expect(await running.api.request(id)).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'dependency', message: 'No access to staging.', resume_at: null },
      error_code: 'no-access',
      plan_document: 'Half a plan',
    });
  });

  it('reads standard input, and accepts the id as first argument', async () => {
    const { code } = await runScript(
      'update_request_status.mjs',
      [id, 'planning', '--milestones', '-'],
      env,
      JSON.stringify(PLANNED),
    );
    expect(code).toBe(0);
    expect((await running.api.request(id)).milestones).toHaveLength(2);
  });

  it('keeps a milestone moved by someone else at the same time', async () => {
    await update('--milestones', await file('m.json', PLANNED));
    await Promise.all([update('--milestone', 'm1=completed'), update('--milestone', 'm2=in_progress')]);
    const { milestones } = await running.api.request(id);
    expect(milestones.map(({ status }: { status: string }) => status)).toEqual(['completed', 'in_progress']);
  });

  it('reports the session if no worker has', async () => {
    const { id: other } = await running.api.submit();
    const byHand = {
      AUTOMATION_API_URL: proxy.url,
      AUTOMATION_SPOOL_DIR: join(folder, 'spool'),
      CLAUDE_CODE_SESSION_ID: 'session-of-claude',
    };
    await runScript('update_request_status.mjs', [other, 'planning'], byHand);
    expect((await running.api.request(other)).session_id).toBe('session-of-claude');
    await runScript('update_request_status.mjs', ['planning'], { ...env, CLAUDE_CODE_SESSION_ID: 'session-of-claude' });
    expect((await running.api.request(id)).session_id).toBeNull();
  });

  it('explains why the service refuses', async () => {
    const early = await update('deploying');
    expect(early).toMatchObject({ code: 3, stdout: '' });
    expect(early.stderr).toContain('illegal-transition');
    expect(early.stderr).toContain('implementing, reviewing');

    await update('reviewing', '--milestones', await file('m.json', PLANNED));
    const unfinished = await update('completed');
    expect(unfinished.code).toBe(3);
    expect(unfinished.stderr).toContain('evidence-missing');
    expect(unfinished.stderr).toContain('not completed or skipped: 2 of 2');

    const wrong = await update('--milestones', await file('bad.json', [{ id: '', title: 7 }]));
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('/milestones/0/id');

    await running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    const stale = await update('implementing');
    expect(stale.code).toBe(3);
    expect(stale.stderr).toContain('Stop working on the request');
  });

  it('says that a claimed completion waits for its delivery', async () => {
    const request = await running.api.request(id);
    const delivery = { state: 'claimed', attempt: 1 };
    proxy.fate = () => ({ json: { ...request, status: 'reviewing', delivery } });
    const { code, stdout } = await update('completed');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('completed, waiting for delivery') });
  });

  it("silently drops an agent's report on an ended request, but not a person's", async () => {
    proxy.fate = () => ({ status: 409, code: 'request-ended' });
    const late = await update('implementing');
    expect(late).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('has ended') });
    const { AUTOMATION_AGENT_TOKEN: _, ...byHand } = env;
    const { code, stderr } = await runScript('update_request_status.mjs', ['implementing'], byHand);
    expect(code).toBe(3);
    expect(stderr).toContain('request-ended');
  });

  it.each([
    [[], 'nothing to report'],
    [['dancing'], 'is not a status'],
    [['planning', 'now'], 'Unexpected'],
    [['planning', '--reason', 'other'], 'only allowed with the status blocked'],
    [['--milestone', 'm1'], 'ID=STATUS'],
    [['--milestone', 'm9=completed'], 'no milestone "m9"'],
    [['--plan', '/nowhere/plan.md'], 'cannot be read'],
    [['--nonsense'], '--nonsense'],
    [['blocked', '--resume-at', '2031-01-01T00:00:00Z'], '--resume-at'],
  ])('explains what is wrong with the arguments %j', async (args, words) => {
    const { code, stderr, stdout } = await update(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  it('explains that a file is not JSON, or that no request is named', async () => {
    expect((await update('--milestones', await file('no.json', '{'))).stderr).toContain('not valid JSON');
    const { AUTOMATION_REQUEST_ID: _, ...anonymous } = env;
    expect((await runScript('update_request_status.mjs', ['planning'], anonymous)).stderr).toContain('Which request');
  });
});

describe('a service in trouble', () => {
  it('is retried while busy, without doubling the change', async () => {
    let refusals = 0;
    proxy.fate = () => (refusals++ < 2 ? { status: 503 } : 'pass');
    expect((await update('implementing')).code).toBe(0);
    expect(refusals).toBe(3);
  });

  it('is retried after a lost answer, and the change counts once', async () => {
    let lost = 0;
    proxy.fate = () => (lost++ === 0 ? 'lose-answer' : 'pass');
    expect((await update('implementing')).code).toBe(0);
    expect((await running.api.events(id)).filter(({ type }) => type === 'ImplementationStarted')).toHaveLength(1);
  });

  it('is given up eventually, with another exit status than a refusal', async () => {
    proxy.fate = () => ({ status: 503 });
    const busy = await update('implementing', '--timeout', '1');
    expect(busy.code).toBe(4);
    expect(busy.stderr).toContain('busy or unavailable');

    proxy.fate = () => 'hang';
    const silent = await update('implementing', '--timeout', '1');
    expect(silent.code).toBe(4);
    expect(silent.stderr).toContain('No answer within 1000 ms');
    expect(silent.tookMs).toBeLessThan(6_000);

    const gone = await runScript('fetch_request.mjs', ['--timeout', '1'], {
      ...env,
      AUTOMATION_API_URL: 'http://127.0.0.1:9',
    });
    expect(gone.code).toBe(4);
    expect(gone.stderr).toContain('is unreachable');
  });

  it('or another service is told from ours', async () => {
    const { code, stderr } = await runScript('fetch_request.mjs', [randomUUID()], env);
    expect(code).toBe(3);
    expect(stderr).toContain('Refused (403');
  });
});

describe('the token', () => {
  it('is never printed, whatever goes wrong', async () => {
    const token = env.AUTOMATION_AGENT_TOKEN ?? '';
    const exits = [await update('nonsense')];
    for (const fate of ['pass', { status: 503 }, 'lose-answer', 'hang'] as const) {
      proxy.fate = () => fate;
      const calls = [['deploying'], ['planning', '--json']].map((args) => update(...args, '--timeout', '1'));
      exits.push(...(await Promise.all(calls)));
    }
    const outputs = exits.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(outputs.length).toBeGreaterThan(100);
    expect(outputs).not.toContain(token);
  });

  it('can be a key from a file, for people', async () => {
    const key = await file('key', `${env.AUTOMATION_AGENT_TOKEN}\n`);
    const { AUTOMATION_AGENT_TOKEN: _, ...rest } = env;
    expect(
      (await runScript('update_request_status.mjs', ['implementing'], { ...rest, AUTOMATION_API_KEY_FILE: key })).code,
    ).toBe(0);
    expect(
      (await runScript('update_request_status.mjs', ['testing'], { ...rest, AUTOMATION_API_KEY_FILE: '/nowhere' }))
        .stderr,
    ).toContain('AUTOMATION_API_KEY_FILE');
  });
});

/** What both scripts say of their options. */
let help: string | undefined;

describe.each(['process-request', 'plan-feature', 'implement', 'test', 'research'])('the command %s', (name) => {
  it('is the same under both names', async () => {
    const command = await readFile(`${KIT}/commands/${name}.md`, 'utf8');
    expect(await readFile(`${KIT}/commands/project/${name}.md`, 'utf8')).toBe(command);
    expect(command).toMatch(/^---\ndescription: .+\n/);
  });

  it('lets no shell evaluate an argument, and names only existing options', async () => {
    const command = await readFile(`${KIT}/commands/${name}.md`, 'utf8');
    expect(command).not.toMatch(/!`/);
    help ??= (await update('--help')).stdout + (await fetchRequest('--help')).stdout;
    const ofGit = new Set(['--oneline', '--grep', '--porcelain', '--show-current', '--help']);
    const named = [...new Set(command.match(/(?<=\s|`)--[a-z][a-z-]+/g))].filter((option) => !ofGit.has(option));
    expect(named).toContain('--phase');
    for (const option of named) expect(help).toContain(option);
  });
});
