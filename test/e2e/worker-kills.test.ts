/** A worker with a repository is killed at each point of its way. The next life of it finishes: nothing is lost, and nothing is done twice. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptEnded } from '../support/attempts.ts';
import { GitServer } from '../support/git-server.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { commandLines } from '../support/processes.ts';
import { Remote } from '../support/repository.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';

const CREDENTIALS = { username: 'robot', password: 'x' };

const running = useServer('engine in process');
let remote: Remote;
let git: GitServer;
let proxy: HttpProxy;
const workers: WorkerProcess[] = [];

beforeEach(async () => {
  remote = new Remote();
  git = await GitServer.start(remote.folder, CREDENTIALS);
  proxy = await HttpProxy.start(() => running.server.url);
});
afterEach(async () => {
  writeFileSync(path('go'), '');
  await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
  await proxy.stop();
  await git.stop();
  remote.dispose();
  await expectNothingStranded(running.api);
});

const path = (name: string) => join(remote.folder, name);
const linesOf = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8').trim().split('\n') : []);
const stateOf = ({ folder }: WorkerProcess) => join(folder, 'state/test-worker');
const filesOf = (folder: string) =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];

/** Opens a pull request for a branch that has none, as `gh` does. What it does first is the test's to say. */
function publisher(before: string): string {
  const program = path('publish.sh');
  const opening = `grep -qx "$AUTOMATION_BRANCH" opened || echo "$AUTOMATION_BRANCH" >> opened`;
  const script = `cd ${remote.folder}\necho asked >> asked\n${before}\n${opening}\necho "https://example.com/pull/$AUTOMATION_BRANCH"`;
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return JSON.stringify([program]);
}

function startWorker(behaviour: string, before = ':'): WorkerProcess {
  const folder = path('worker');
  const worker = new WorkerProcess({
    apiUrl: proxy.url,
    behaviour,
    folder,
    env: {
      AUTOMATION_REPOSITORY: `${git.url.replace('//', `//${CREDENTIALS.username}:${CREDENTIALS.password}@`)}/remote.git`,
      AUTOMATION_PUBLISH_COMMAND: publisher(before),
      AUTOMATION_PUBLISH_SECONDS: '10',
      AUTOMATION_AGENT_ENV: 'TEST_AGENT_DIR',
      TEST_AGENT_DIR: folder,
    },
  });
  workers.push(worker);
  return worker;
}

/** Holds up whoever comes here first, and nobody after. */
const holdFirst = (name: string) =>
  `if [ ! -e ${path(name)} ]; then touch ${path(name)}; while [ ! -e ${path('go')} ]; do sleep 0.1; done; exit 1; fi`;

interface Point {
  readonly name: string;
  readonly behaviour?: string;
  /** What the publish command does before it opens a pull request. */
  readonly publishing?: () => string;
  /** Before the worker starts. */
  readonly arrange?: () => void;
  /** Whether it has come there. */
  readonly isThere: (worker: WorkerProcess, id: string) => boolean | Promise<boolean>;
  /** After the kill. */
  readonly goOn?: () => void;
  /** That which finishes; the first when left out. */
  readonly attempt?: number;
  /** How often the publish command is run in all. */
  readonly asked: number;
}

const POINTS: readonly Point[] = [
  {
    name: 'inside its first fetch',
    arrange: () => {
      for (let n = 0; n < 100; n += 1) writeFileSync(join(remote.seed, `${n}.bin`), randomBytes(2_048));
      remote.grow('large.txt');
      git.pauseMs = 200;
    },
    isThere: (worker) =>
      filesOf(join(stateOf(worker), 'repository/mirrors')).some((name) => name.includes('/tmp_pack_')),
    goOn: () => {
      git.pauseMs = 0;
    },
    attempt: 2,
    asked: 1,
  },
  {
    name: 'while its repository does not answer',
    arrange: () => {
      // From the claim on.
      git.onRequest = () => {
        git.isDead ||= filesOf(path('worker/state/test-worker/attempts')).length > 0;
      };
    },
    isThere: () => git.isDead,
    goOn: () => {
      git.onRequest = () => undefined;
      git.isDead = false;
    },
    attempt: 2,
    asked: 1,
  },
  {
    name: 'after the claim of completion',
    behaviour: 'complete-wait',
    isThere: async (_, id) => (await running.api.request(id)).delivery?.state === 'claimed',
    asked: 1,
  },
  {
    name: 'inside the push of its branch',
    arrange: () => {
      remote.hook('update', `case "$1" in refs/heads/*) ${holdFirst('pushing')};; esac`);
    },
    isThere: () => existsSync(path('pushing')),
    asked: 1,
  },
  {
    name: 'between push and pull request',
    publishing: () => holdFirst('publishing'),
    isThere: () => existsSync(path('publishing')),
    asked: 2,
  },
  {
    name: 'between pull request and report',
    arrange: () => {
      proxy.fate = (call) => (call.path.endsWith('/report') ? 'hang' : 'pass');
    },
    isThere: () => proxy.count(/\/report$/) > 0,
    goOn: () => {
      proxy.fate = () => 'pass';
    },
    asked: 1,
  },
];

describe('a worker that is killed', () => {
  it.each(POINTS)(
    '$name finishes after a restart',
    async (point) => {
      const { behaviour = 'complete', attempt = 1 } = point;
      point.arrange?.();
      const worker = startWorker(behaviour, point.publishing?.());
      const { id } = await running.api.submit({ type: 'research', title: 'Find out', description: 'How?' });
      await until('it has come there', () => point.isThere(worker, id), 40_000);
      await worker.kill();
      point.goOn?.();
      const next = startWorker(behaviour, point.publishing?.());
      const end = await attemptEnded(running.api, id, attempt);

      const branch = `automation/${id}`;
      expect(end.request).toMatchObject({ status: 'completed', branch, pr_url: `https://example.com/pull/${branch}` });
      expect(end.attempt).toMatchObject({ outcome: 'succeeded' });
      expect(remote.branches()).toEqual([branch, 'main']);
      const made = (remote.branch(branch)?.files ?? []).filter((name) => name.startsWith('attempt-'));
      expect(made).toEqual(Array.from({ length: attempt }, (_, n) => `attempt-${n + 1}.txt`).slice(-made.length));
      expect(remote.branch(branch)?.commit).toBe(end.request.commit);
      expect(linesOf('opened')).toEqual([branch]);
      expect(linesOf('asked')).toHaveLength(point.asked);
      const events = await running.api.events(id);
      expect(events.filter(({ type }) => type === 'RequestCompleted')).toHaveLength(1);
      await until('nothing is left of it', () => filesOf(join(stateOf(next), 'attempts')).length === 0);
      expect(filesOf(join(stateOf(next), 'repository/clones'))).toEqual([]);
      const isOfWorker = (line: string) => line.includes('publish.sh') || /^git .*\/worker\/state/.test(line);
      const leftovers = () => commandLines().filter((line) => line.includes(remote.folder) && isOfWorker(line));
      await until('nothing that it had started goes on', () => leftovers().length === 0);
    },
    120_000,
  );
});
