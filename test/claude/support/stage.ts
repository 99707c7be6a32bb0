import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'node:http';
import { Api } from '../../support/api.ts';
import { TestQueue } from '../../support/queue.ts';
import { Remote, runGit } from '../../support/repository.ts';
import { Server } from '../../support/server.ts';
import { WorkerProcess } from '../../support/worker.ts';
import { eventually } from './eventually.ts';
import { MessagesApi } from './messages-api.ts';

/** The real Claude Code; `npm run test:claude` installs it and says where it is. */
export const CLAUDE = process.env.TEST_CLAUDE_PROGRAM ?? '';
/** The key of the model: it must never turn up anywhere. */
export const MODEL_KEY = 'sk-ant-canary-0123456789abcdef';

/** Service, queue, repository, and the stand-in for the model's API, for all tests of a file. */
export interface Stage {
  readonly server: Server;
  readonly api: Api;
  readonly queue: TestQueue;
  readonly model: MessagesApi;
  readonly remote: Remote;
  startWorker(options?: { env?: Record<string, string>; args?: readonly string[]; name?: string }): WorkerProcess;
  submit(request?: Record<string, unknown>): Promise<string>;
  /** Resolves when the request's attempt has ended. */
  ended(id: string, attempt?: number): Promise<Ended>;
}

export interface Ended {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  readonly request: any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly attempt: any;
}

export function useStage(serverEnv: Readonly<Record<string, string>> = {}): Stage {
  let server: Server | undefined;
  let api: Api | undefined;
  let queue: TestQueue | undefined;
  let model: MessagesApi | undefined;
  let remote: Remote | undefined;
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    if (CLAUDE === '')
      throw new Error('TEST_CLAUDE_PROGRAM names no Claude Code: run these tests by npm run test:claude.');
    queue = await TestQueue.start();
    model = await MessagesApi.start();
    const started = await Server.start({ ...queue.env, ...serverEnv });
    server = started;
    // A connection for each call: one that was idle for seconds may be closed by the other side just when it is used.
    api = new Api(() => started.url, {}, new Agent({ keepAlive: false }));
  });
  beforeEach(() => {
    remote = projectWithTests();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
    for (const { id } of await stage.api.all('/requests?status=pending'))
      await stage.api.post(`/requests/${id}/cancel`);
    await stage.queue.takeAll();
    remote?.dispose();
    if (stage.model.mistakes.length > 0) throw new AggregateError(stage.model.mistakes, 'The play went wrong.');
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.stop();
    await queue?.stop();
  });

  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('The stage is set inside of tests only.');
    return part;
  };
  const stage: Stage = {
    get server() {
      return there(server);
    },
    get api() {
      return there(api);
    },
    get queue() {
      return there(queue);
    },
    get model() {
      return there(model);
    },
    get remote() {
      return there(remote);
    },
    startWorker({ env = {}, args = [], name = 'claude-worker' } = {}) {
      const worker = new WorkerProcess({
        apiUrl: stage.server.url,
        folder: join(stage.remote.folder, `worker-${workers.length}`),
        args,
        env: {
          AUTOMATION_WORKER_NAME: name,
          AUTOMATION_AGENT_COMMAND: '',
          AUTOMATION_CLAUDE_PROGRAM: CLAUDE,
          AUTOMATION_REPOSITORY: stage.remote.url,
          ANTHROPIC_BASE_URL: stage.model.url,
          ANTHROPIC_API_KEY: MODEL_KEY,
          ...stage.queue.env,
          ...env,
        },
      });
      workers.push(worker);
      return worker;
    },
    async submit(request = {}) {
      const answer = await stage.api.submit({
        type: 'feature',
        title: 'Say hello',
        description: 'Greet whoever comes.',
        ...request,
      });
      return answer.id;
    },
    async ended(id, attempt = 1) {
      let found: Ended['attempt'] = null;
      await eventually(`attempt ${attempt} of ${id} ends`, async () => {
        const { items } = (await stage.api.get(`/requests/${id}/attempts`)).body;
        found = items.find((it: { attempt: number }) => it.attempt === attempt) ?? null;
        return found !== null && found.outcome !== null;
      });
      return { request: await stage.api.request(id), attempt: found };
    },
  };
  return stage;
}

/** A repository with a test suite of its own that needs no installation. */
function projectWithTests(): Remote {
  const remote = new Remote();
  const seed = join(remote.folder, 'seed');
  writeFileSync(join(seed, 'package.json'), JSON.stringify({ type: 'module', scripts: { test: 'node --test' } }));
  writeFileSync(join(seed, 'CLAUDE.md'), '# How to work here\n\nTests: `npm test`.\n');
  writeFileSync(
    join(seed, 'sum.test.js'),
    "import { test } from 'node:test';\ntest('adds', () => { if (1 + 1 !== 2) throw new Error('no'); });\n",
  );
  runGit(seed, 'add', '--all');
  runGit(seed, 'commit', '--quiet', '--message', 'A test');
  runGit(seed, 'push', '--quiet', remote.url, 'main');
  return remote;
}

/** A folder that is gone with the test process's temporary ones. */
export function scratch(): { readonly dir: string; dispose(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'automation-claude-test-'));
  return {
    dir,
    dispose: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What is left of the sessions of a worker, and what was kept of them. */
export function remains(worker: WorkerProcess, name = 'claude-worker'): { sessions: string[]; transcripts: string[] } {
  const list = (folder: string): string[] => readdirSync(join(worker.folder, 'state', name, folder));
  return { sessions: list('sessions'), transcripts: list('transcripts') };
}
