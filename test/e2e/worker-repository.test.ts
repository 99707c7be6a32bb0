/** A clone for each attempt, and one published branch that holds what was committed, whatever happens to worker and repository. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptEnded } from '../support/attempts.ts';
import { commandLines } from '../support/processes.ts';
import { Remote } from '../support/repository.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';
import type { WorkerOptions } from '../support/worker.ts';
import { WorkerProcess } from '../support/worker.ts';

const running = useServer('engine in process');
const workers: WorkerProcess[] = [];
let remote: Remote;

beforeEach(() => {
  remote = new Remote();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
  remote.dispose();
  await expectNothingStranded(running.api);
  for (const { id } of await running.api.all('/requests?status=pending'))
    await running.api.post(`/requests/${id}/cancel`);
});

function startWorker(behaviour: string, options: Partial<WorkerOptions> = {}): WorkerProcess {
  const folder = options.folder ?? join(remote.folder, `worker-${workers.length}`);
  const worker = new WorkerProcess({
    apiUrl: running.server.url,
    behaviour,
    ...options,
    folder,
    env: {
      AUTOMATION_REPOSITORY: remote.url,
      AUTOMATION_PUBLISH_SECONDS: '1',
      AUTOMATION_AGENT_ENV: 'TEST_AGENT_DIR',
      TEST_AGENT_DIR: folder,
      ...options.env,
    },
  });
  workers.push(worker);
  return worker;
}

const ended = (id: string, attempt = 1) => attemptEnded(running.api, id, attempt);

/** The clones that are kept. */
function clonesOf(worker: WorkerProcess): string[] {
  const folder = join(worker.folder, 'state/test-worker/repository/clones');
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.includes('.')) : [];
}

const RESEARCH = { type: 'research', title: 'Find out', description: 'How?' };

describe('an attempt', () => {
  it('works in a clone of its own, and what it commits is pushed to the branch of its request', async () => {
    const worker = startWorker('commit');
    const { id } = await running.api.submit();
    const run = await worker.agentRun(id);
    expect(run.files).toContain('README.md');
    await ended(id);
    expect(remote.branch(`automation/${id}`)).toMatchObject({ files: ['README.md', 'attempt-1.txt'], commits: 2 });
    expect(remote.branches().sort()).toEqual([`automation/${id}`, 'main']);
    expect(run.cwd).toContain(join(worker.folder, 'state'));
    expect(existsSync(run.cwd)).toBe(false);
    expect(clonesOf(worker)).toEqual([]);
  });

  it('goes on where the one before stopped, also with another worker', async () => {
    startWorker('commit');
    const { id } = await running.api.submit();
    await ended(id);
    await workers.pop()?.dispose();
    const second = startWorker('commit', { env: { AUTOMATION_WORKER_NAME: 'another' } });
    await running.api.post(`/requests/${id}/retry`, { reason: 'Go on.' });
    expect((await second.agentRun(id, 2)).files).toContain('attempt-1.txt');
    await ended(id, 2);
    expect(remote.branch(`automation/${id}`)).toMatchObject({
      files: ['README.md', 'attempt-1.txt', 'attempt-2.txt'],
      commits: 3,
    });
  });

  it('shows its work at the repository while it lasts', async () => {
    const worker = startWorker('commit-wait', { env: { AUTOMATION_WORKER_LEASE_SECONDS: '15' } });
    const { id } = await running.api.submit();
    await worker.agentRun(id);
    await until('the first commit is pushed', () => remote.branch(`automation/${id}`)?.commits === 2, 20_000);
    worker.letGo();
    await ended(id);
    expect(remote.branch(`automation/${id}`)).toMatchObject({ commits: 3 });
  });
});

describe('a worker that is killed', () => {
  it('publishes what its agent had committed when it starts again, and the next attempt goes on from there', async () => {
    const worker = startWorker('commit-wait,commit');
    const { id } = await running.api.submit();
    await until('it has committed', async () => (await worker.agentRun(id)).files.includes('attempt-1.txt'));
    await worker.kill();
    expect(remote.branch(`automation/${id}`)).toBeNull();
    expect(clonesOf(worker)).toHaveLength(1);
    const next = startWorker('commit-wait,commit', { folder: worker.folder });
    expect((await next.agentRun(id, 2)).files).toContain('attempt-1.txt');
    await ended(id, 2);
    expect(remote.branch(`automation/${id}`)).toMatchObject({ files: ['README.md', 'attempt-1.txt', 'attempt-2.txt'] });
    expect(clonesOf(next)).toEqual([]);
  });
});

describe('a repository that cannot be reached', () => {
  const away = () => renameSync(remote.url, `${remote.url}-away`);
  const back = () => renameSync(`${remote.url}-away`, remote.url);

  it('at the start of an attempt hands the request back, and no other is tried for a while', async () => {
    const worker = startWorker('commit');
    await worker.logs('worker started');
    away();
    const { id } = await running.api.submit();
    const { request, attempt } = await ended(id);
    expect(attempt).toMatchObject({ outcome: 'released', error_code: 'workspace-failed' });
    expect(request).toMatchObject({ status: 'pending', retry_count: 0 });
    await worker.logs('no request is claimed until the agent can work again');
  });

  it('at its end blocks the request, and the work is kept and published later', async () => {
    const worker = startWorker('commit-wait');
    const { id } = await running.api.submit();
    await worker.agentRun(id);
    away();
    worker.letGo();
    const { request } = await ended(id);
    expect(request).toMatchObject({ status: 'blocked', blocked: { reason: 'dependency' } });
    expect(request.blocked.message).toContain('could not be pushed');
    expect(clonesOf(worker)).toHaveLength(1);
    await worker.stop();
    back();
    const next = startWorker('succeed', { folder: worker.folder });
    await next.logs('published the work of an earlier life');
    expect(remote.branch(`automation/${id}`)).toMatchObject({ commits: 3 });
    await until('the clone is gone', () => clonesOf(next).length === 0);
  });
});

describe('the publish command', () => {
  /** A program in place of one that opens pull requests. */
  function publisher(script: string): string {
    const program = join(remote.folder, 'publish.sh');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return JSON.stringify([program, '--head', '{branch}']);
  }

  it('opens a pull request for finished work, whose address becomes that of the request', async () => {
    const command = publisher(
      'echo "Creating a pull request for $2 ($AUTOMATION_REQUEST_ID)"; echo "https://example.com/pull/$2"',
    );
    startWorker('complete', { env: { AUTOMATION_PUBLISH_COMMAND: command } });
    const { id } = await running.api.submit(RESEARCH);
    const { request, attempt } = await ended(id);
    expect(request).toMatchObject({ status: 'completed', pr_url: `https://example.com/pull/automation/${id}` });
    expect(attempt).toMatchObject({ outcome: 'succeeded', error_code: null });
  });

  it('is not asked for work that is not finished', async () => {
    const worker = startWorker('commit', {
      env: { AUTOMATION_PUBLISH_COMMAND: publisher('touch asked; echo https://example.com') },
    });
    const { id } = await running.api.submit();
    const { request } = await ended(id);
    expect(request).toMatchObject({ status: 'blocked', pr_url: null });
    expect(existsSync(join(worker.folder, 'state/asked'))).toBe(false);
  });

  it.each([
    ['fails', 'echo "no permission" >&2; exit 4', 'no permission'],
    ['prints no address', 'echo done', 'printed no https address'],
  ])('that %s does not undo what was done, and is told', async (_, script, words) => {
    startWorker('complete', { env: { AUTOMATION_PUBLISH_COMMAND: publisher(script) } });
    const { id } = await running.api.submit(RESEARCH);
    const { request, attempt } = await ended(id);
    expect(request).toMatchObject({ status: 'completed', pr_url: null });
    expect(attempt).toMatchObject({ outcome: 'succeeded', error_code: 'publish-failed' });
    expect(attempt.error_message).toContain(words);
    expect(remote.branch(`automation/${id}`)).toMatchObject({ commits: 2 });
  });

  it('is told ids, and nothing of the text of the request', async () => {
    const command = publisher(
      'tr "\\0" " " < /proc/$$/cmdline > "$AUTOMATION_REPOSITORY/told"; env >> "$AUTOMATION_REPOSITORY/told"; echo https://example.com',
    );
    startWorker('complete', { env: { AUTOMATION_PUBLISH_COMMAND: command } });
    const { id } = await running.api.submit({
      ...RESEARCH,
      title: 'canary-of-the-title',
      description: 'canary-of-the-text',
    });
    await ended(id);
    const told = readFileSync(join(remote.url, 'told'), 'utf8');
    expect(told).toContain(`--head automation/${id}`);
    expect(told).not.toContain('canary');
    expect(commandLines().join()).not.toContain('canary');
  });
});
