/** A clone for each attempt, and one published branch that holds what was committed, whatever happens to worker and repository. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** Sweeps up the requests of a test. */
async function endRequests(): Promise<void> {
  await expectNothingStranded(running.api);
  for (const { id } of await running.api.all('/requests?status=pending'))
    await running.api.post(`/requests/${id}/cancel`);
}

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

/** Where an attempt's work is kept until it is delivered. */
const room = (id: string, attempt = 1) => `refs/automation/${id}/attempt-${attempt}`;

/** One worker for all of these: its agents and its publish command do what each test tells them. */
describe('a worker with a repository', () => {
  let worker: WorkerProcess;

  beforeAll(() => {
    remote = new Remote();
    // In place of a program that opens pull requests.
    const program = join(remote.folder, 'publish.sh');
    const script = `if [ -e ${program}-$AUTOMATION_REQUEST_ID ]; then . ${program}-$AUTOMATION_REQUEST_ID
else echo "https://example.com/pull/$AUTOMATION_BRANCH"; fi`;
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    worker = startWorker('as-told', {
      env: {
        AUTOMATION_BRANCH_PREFIX: 'bot/',
        AUTOMATION_WORKER_LEASE_SECONDS: '15',
        AUTOMATION_PUBLISH_COMMAND: JSON.stringify([program, '--head', '{branch}']),
      },
    });
  });
  afterEach(endRequests);
  afterAll(async () => {
    await Promise.all(workers.splice(0).map((it) => it.dispose()));
    remote.dispose();
  });

  /** Sets what the publish command does for a request. */
  const publishing = (id: string, script: string) => writeFileSync(join(remote.folder, `publish.sh-${id}`), script);

  /** Submits a request whose agent behaves like this. @param script of the publish command */
  async function begin(behaviour: string, script?: string, fields: object = RESEARCH): Promise<string> {
    const { id } = await running.api.submit({ ...fields });
    if (script !== undefined) publishing(id, script);
    worker.tell(id, behaviour);
    return id;
  }

  const branchesOf = (id: string) => remote.branches().filter((name) => name.includes(id));

  describe('an attempt', () => {
    it('works in its own clone, and its commits stay off the branches until the request is completed', async () => {
      const id = await begin('commit', `touch ${remote.folder}/asked; echo https://example.com`, {});
      const run = await worker.agentRun(id);
      expect(run.files).toContain('README.md');
      const { request } = await ended(id);
      expect(remote.at(room(id))).toMatchObject({ files: ['README.md', 'attempt-1.txt'], commits: 2 });
      expect(remote.branches()).toEqual(['main']);
      expect(run.cwd).toContain(join(worker.folder, 'state'));
      expect(existsSync(run.cwd)).toBe(false);
      expect(clonesOf(worker)).toEqual([]);
      // No pull request is asked for either.
      expect(request).toMatchObject({ status: 'blocked', pr_url: null });
      expect(existsSync(join(remote.folder, 'asked'))).toBe(false);
    });

    it('pushes its commits while it is running', async () => {
      const id = await begin('commit-wait');
      await worker.agentRun(id);
      await until('the first commit is pushed', () => remote.at(room(id))?.commits === 2, 20_000);
      worker.letGo(id);
      await ended(id);
      expect(remote.at(room(id))).toMatchObject({ commits: 3 });
      expect(branchesOf(id)).toEqual([]);
    });
  });

  describe('finished work', () => {
    it.each(['complete', 'complete-elsewhere', 'complete-fail'])(
      'is on the branch of the completed request, with a pull request: %s',
      async (behaviour) => {
        const id = await begin(
          behaviour,
          'echo "Creating a pull request for $2 ($AUTOMATION_REQUEST_ID)"; echo "https://example.com/pull/$2"',
        );
        const { request, attempt } = await ended(id);
        const branch = remote.branch(`bot/${id}`);
        expect(branch?.files).toEqual(['README.md', 'attempt-1.txt']);
        expect(request).toMatchObject({ status: 'completed', branch: `bot/${id}`, commit: branch?.commit });
        expect(request.pr_url).toBe(`https://example.com/pull/bot/${id}`);
        expect(attempt).toMatchObject({ outcome: 'succeeded', error_code: null, delivers: true });
        expect(clonesOf(worker)).toEqual([]);
      },
    );

    it('does not complete the request while the repository rejects it, and is delivered later without an agent', async () => {
      remote.hook('pre-receive', 'echo "not on a Friday" >&2; exit 1');
      const id = await begin('complete');
      const { request } = await ended(id);
      expect(request).toMatchObject({
        status: 'blocked',
        error_code: 'delivery-failed',
        blocked: { reason: 'dependency' },
        delivery: { state: 'undelivered', commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
      });
      expect(request.delivery.reason).toContain('not on a Friday');
      expect(Date.parse(request.blocked.resume_at)).toBeGreaterThan(Date.now());
      expect(clonesOf(worker)).toHaveLength(1);
      remote.hook('pre-receive', null);
      await running.api.post(`/requests/${id}/retry`, { reason: 'It is Monday.' });
      const second = await ended(id, 2);
      expect(second.request).toMatchObject({
        status: 'completed',
        commit: request.delivery.commit,
        pr_url: `https://example.com/pull/bot/${id}`,
      });
      expect(second.attempt).toMatchObject({ outcome: 'succeeded', cost_usd: null });
      expect(existsSync(join(worker.folder, `run-${id}-2.json`))).toBe(false);
      expect(remote.branch(`bot/${id}`)?.commit).toBe(request.delivery.commit);
      await until('the kept clone is gone', () => clonesOf(worker).length === 0);
    });

    it('that changes what CI runs waits for approval', async () => {
      const id = await begin('complete-ci');
      const { request } = await ended(id);
      expect(request).toMatchObject({
        status: 'blocked',
        blocked: { reason: 'approval', resume_at: null },
        delivery: { state: 'undelivered' },
      });
      expect(request.delivery.reason).toContain('.github/workflows/build.yml');
      expect(branchesOf(id)).toEqual([]);
      const held = remote.at(room(id))?.commit;
      expect(held).toBe(request.delivery.commit);
      await running.api.post(`/requests/${id}/retry`, { approve: true, version: request.version });
      expect((await ended(id, 2)).request).toMatchObject({ status: 'completed', commit: held });
      expect(remote.branch(`bot/${id}`)?.commit).toBe(held);
    });

    it('that is unreadable does not complete the request, and its clone is kept, listed and discarded', async () => {
      const id = await begin('complete-unreadable');
      const { request } = await ended(id);
      expect(request).toMatchObject({ status: 'blocked', error_code: 'work-unreadable' });
      expect(request.blocked.message).toContain('its HEAD names nothing');
      const [runId = ''] = clonesOf(worker);
      expect((await worker.command('clones', 'list')).stdout).toMatch(
        new RegExp(`^${runId} .*\\n  request ${id}, attempt 1`),
      );
      expect((await worker.command('clones', 'discard', id)).code).toBe(1);
      expect(clonesOf(worker)).toEqual([runId]);
      expect((await worker.command('clones', 'discard', runId)).code).toBe(0);
      expect(clonesOf(worker)).toEqual([]);
    });
  });

  describe('the publish command', () => {
    it.each([
      ['fails', 'echo "no permission" >&2; exit 4', 'no permission'],
      ['prints no URL', 'echo done', 'printed no https URL'],
    ])('that %s blocks the request, and runs again at the next delivery', async (_, script, words) => {
      const id = await begin('complete', script);
      const { request } = await ended(id);
      expect(request).toMatchObject({ status: 'blocked', error_code: 'delivery-failed', pr_url: null });
      expect(request.delivery.reason).toContain(words);
      expect(remote.branch(`bot/${id}`)).toMatchObject({ commits: 2 });
      publishing(id, 'echo https://example.com/1');
      await running.api.post(`/requests/${id}/retry`, { reason: 'Now.' });
      expect((await ended(id, 2)).request).toMatchObject({
        status: 'completed',
        pr_url: 'https://example.com/1',
      });
    });

    it('gets ids, and none of the request’s text', async () => {
      const told = join(remote.folder, 'told');
      const id = await begin(
        'complete',
        `tr "\\0" " " < /proc/$$/cmdline > ${told}; env >> ${told}; echo https://example.com`,
        { ...RESEARCH, title: 'canary-of-the-title', description: 'canary-of-the-text' },
      );
      await ended(id);
      expect(readFileSync(told, 'utf8')).toContain(`--head bot/${id}`);
      expect(readFileSync(told, 'utf8')).not.toContain('canary');
      expect(commandLines().join()).not.toContain('canary');
    });
  });
});

describe('workers', () => {
  beforeEach(() => {
    remote = new Remote();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
    remote.dispose();
    await endRequests();
  });

  describe('the work of one worker', () => {
    it('is continued by another', async () => {
      startWorker('commit');
      const { id } = await running.api.submit();
      await ended(id);
      await workers.pop()?.dispose();
      const second = startWorker('commit', { env: { AUTOMATION_WORKER_NAME: 'another' } });
      await running.api.post(`/requests/${id}/retry`, { reason: 'Go on.' });
      expect((await second.agentRun(id, 2)).files).toContain('attempt-1.txt');
      await ended(id, 2);
      expect(remote.at(room(id, 2))).toMatchObject({
        files: ['README.md', 'attempt-1.txt', 'attempt-2.txt'],
        commits: 3,
      });
    });

    it('that only this worker has is left to it', async () => {
      remote.hook('pre-receive', 'exit 1');
      const first = startWorker('complete');
      const { id } = await running.api.submit(RESEARCH);
      await ended(id);
      await first.stop();
      const other = startWorker('complete', { env: { AUTOMATION_WORKER_NAME: 'another' } });
      await running.api.post(`/requests/${id}/retry`, { reason: 'Again.' });
      expect((await ended(id, 2)).attempt).toMatchObject({ outcome: 'released', error_code: 'work-elsewhere' });
      remote.hook('pre-receive', null);
      startWorker('complete', { folder: first.folder });
      expect((await ended(id, 3)).request).toMatchObject({ status: 'completed' });
      expect(existsSync(join(other.folder, `run-${id}-2.json`))).toBe(false);
      expect(remote.branch(`automation/${id}`)).toMatchObject({ files: ['README.md', 'attempt-1.txt'] });
    });

    it('that was killed is kept at its restart, and the next attempt continues from there', async () => {
      const worker = startWorker('commit-wait,commit');
      const { id } = await running.api.submit();
      await until('it has committed', async () => (await worker.agentRun(id)).files.includes('attempt-1.txt'));
      await worker.kill();
      expect(remote.at(room(id))).toBeNull();
      expect(clonesOf(worker)).toHaveLength(1);
      const next = startWorker('commit-wait,commit', { folder: worker.folder });
      expect((await next.agentRun(id, 2)).files).toContain('attempt-1.txt');
      await ended(id, 2);
      expect(remote.at(room(id, 2))).toMatchObject({ files: ['README.md', 'attempt-1.txt', 'attempt-2.txt'] });
      expect(clonesOf(next)).toEqual([]);
    });
  });

  describe('a worker', () => {
    it('does not start if its branches would clash with an existing one', async () => {
      remote.pushTo('automation', 'x');
      const worker = startWorker('commit');
      expect((await worker.exited).code).toBe(2);
      expect(worker.stderr).toContain('has a branch automation');
    });

    it('does not start if it cannot push to the repository', async () => {
      const ssh = join(remote.folder, 'ssh.sh');
      const script =
        'for last; do :; done\ncase "$last" in *receive-pack*) echo "read only" >&2; exit 1;; esac\neval "$last"';
      writeFileSync(ssh, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const worker = startWorker('commit', {
        env: { AUTOMATION_REPOSITORY: `localhost:${remote.url}`, GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'simple' },
      });
      expect((await worker.exited).code).toBe(2);
      expect(worker.stderr).toContain('can be read, but not written to: read only');
    });

    it('claims nothing while its kept clones exceed their disk limit, and says so', async () => {
      const worker = startWorker('complete-unreadable', { env: { AUTOMATION_KEPT_CLONES_MIB: '0' } });
      const { id } = await running.api.submit(RESEARCH);
      await ended(id);
      const { id: later } = await running.api.submit(RESEARCH);
      await worker.logs('claiming no requests');
      expect(worker.log.find(({ msg }) => msg === 'claiming no requests').reason).toContain('clones list');
      expect((await running.api.request(later)).attempt).toBe(0);
    });
  });

  describe('an unreachable repository', () => {
    const away = () => renameSync(remote.url, `${remote.url}-away`);
    const back = () => renameSync(`${remote.url}-away`, remote.url);

    it('at the start of an attempt hands the request back, and pauses claiming', async () => {
      const worker = startWorker('commit');
      await worker.logs('worker started');
      away();
      const { id } = await running.api.submit();
      const { request, attempt } = await ended(id);
      expect(attempt).toMatchObject({ outcome: 'released', error_code: 'workspace-failed' });
      expect(request).toMatchObject({ status: 'pending', retry_count: 0 });
      await worker.logs('claiming no requests until the agent works again');
    });

    it('at the end of an attempt blocks the request, and the work is kept and published later', async () => {
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
      await next.logs('published the work of a previous run');
      expect(remote.at(room(id))).toMatchObject({ commits: 3 });
      await until('the clone is gone', () => clonesOf(next).length === 0);
    });
  });
});
