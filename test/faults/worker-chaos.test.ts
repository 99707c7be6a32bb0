/**
 * Service and workers are killed at random moments while requests are worked on, again and again. Each request ends, once, nothing runs
 * twice, every commit that an agent made is at the remote, and those of a completed request are on its one branch.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Ends } from '../support/ends.ts';
import { brokenLink } from '../support/hash-chain.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { processesWith } from '../support/processes.ts';
import { TestQueue } from '../support/queue.ts';
import { Remote, runGit } from '../support/repository.ts';
import { Server } from '../support/server.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import { prepareGround } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';

/** How often something is killed; a thorough run sets CHAOS_KILLS=100. */
const KILLS = Number(process.env.CHAOS_KILLS ?? 8);
/** Of the moments and the victims; with that of an earlier run they are the same again. */
const SEED = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
/** How many requests are on their way at any time. */
const UNDER_WAY = 4;
const STEPS = 4;
const LIMIT_MS = 120_000;

let server: Server;
let proxy: HttpProxy;
let queue: TestQueue;
let remote: Remote;
const ends = new Ends();

beforeAll(async () => {
  const ground = await prepareGround('engine in process');
  ends.add(() => ground.dispose());
  queue = await TestQueue.start();
  ends.add(() => queue.stop());
  server = await Server.start({ ...ground.env, ...queue.env });
  ends.add(() => server.dispose());
  // The service has another port after each start.
  proxy = await HttpProxy.start(() => server.url);
  ends.add(() => proxy.stop());
  remote = new Remote();
  ends.add(async () => {
    remote.dispose();
  });
});
afterAll(() => ends.run());

/** A worker that is there again whenever it was killed. */
class Phoenix {
  readonly #name: string;
  #process: WorkerProcess;

  constructor(name: string) {
    this.#name = name;
    this.#process = this.#start();
    ends.add(() => this.#process.dispose());
  }

  get folder(): string {
    return join(remote.folder, this.#name);
  }

  get stateDir(): string {
    return join(this.folder, 'state', this.#name);
  }

  #start(): WorkerProcess {
    return new WorkerProcess({
      apiUrl: proxy.url,
      behaviour: `steps:${STEPS}`,
      folder: this.folder,
      args: ['--concurrency', '2'],
      env: {
        ...queue.env,
        AUTOMATION_WORKER_NAME: this.#name,
        AUTOMATION_WORKER_LEASE_SECONDS: '15',
        AUTOMATION_REPOSITORY: remote.url,
        AUTOMATION_AGENT_ENV: 'TEST_AGENT_DIR',
        TEST_AGENT_DIR: join(remote.folder, 'agents'),
      },
    });
  }

  async killAndStart(): Promise<void> {
    await this.#process.kill();
    this.#process = this.#start();
  }

  async stop(): Promise<void> {
    expect(await this.#process.stop()).toEqual({ code: 0, signal: null });
  }
}

/** Submits until the service says that it has it. */
async function submit(): Promise<string> {
  const headers = { 'Idempotency-Key': randomUUID() };
  const body = { type: 'research', title: 'Find out', description: 'How?' };
  let id = '';
  await until('a request is taken', async () => {
    const answer = await server.api.post('/requests', body, headers).catch(() => null);
    if (answer?.status === 201) id = answer.body.id;
    return id !== '';
  });
  return id;
}

async function isOver(id: string): Promise<boolean> {
  const answer = await server.api.get(`/requests/${id}`).catch(() => null);
  return ['completed', 'failed', 'cancelled'].includes(answer?.body?.status);
}

describe(`service and workers that are killed repeatedly (CHAOS_SEED=${SEED})`, () => {
  it(
    'bring each request to one end, and lose no commit',
    async () => {
      const agents = join(remote.folder, 'agents');
      mkdirSync(agents);
      const workers = [new Phoenix('a'), new Phoenix('b')];
      const victims = [
        () => server.kill().then(() => server.startAgain()),
        ...workers.map((it) => () => it.killAndStart()),
      ];

      const submitted: string[] = [];
      let underWay: string[] = [];
      // Anywhere between two moments of a run: that is what this is about.
      const kills = fc.record({ afterMs: fc.nat(1_500), victim: fc.constantFrom(...victims) });
      for (const { afterMs, victim } of fc.sample(kills, { seed: SEED, numRuns: KILLS })) {
        const over = await Promise.all(underWay.map(isOver));
        underWay = underWay.filter((_, i) => !over[i]);
        while (underWay.length < UNDER_WAY) {
          const id = await submit();
          submitted.push(id);
          underWay.push(id);
        }
        await delay(afterMs);
        await victim();
      }
      for (const id of submitted) await until(`${id} ends`, () => isOver(id), LIMIT_MS);
      // A wake-up that a killed worker had taken comes again, to find that there is nothing left to do.
      await until('the queue is empty', () => queue.isEmpty(), LIMIT_MS);
      // So is what they had taken on: a claim whose answer was lost is looked for a second time after a while.
      const journals = () => workers.flatMap(({ stateDir }) => readdirSync(join(stateDir, 'attempts')));
      await until('the workers have nothing left to settle', () => journals().length === 0, LIMIT_MS);
      for (const worker of workers) await worker.stop();

      await expectNothingStranded(server.api);
      expect(existsSync(join(agents, 'run-twice')) ? readFileSync(join(agents, 'run-twice'), 'utf8') : '').toBe('');
      let completed = 0;
      for (const id of submitted) {
        const request = await server.api.request(id);
        const events = await server.api.events(id);
        expect(brokenLink(events)).toBeNull();
        const terminal = events.filter(({ type }) => type === 'RequestCompleted' || type === 'RequestFailed');
        expect(terminal).toHaveLength(1);
        const branch = `automation/${id}`;
        for (const commit of committed(agents, id)) expect(remote.has(commit)).toBe(true);
        if (request.status === 'completed') {
          completed += 1;
          for (const commit of committed(agents, id)) runGit(remote.url, 'merge-base', '--is-ancestor', commit, branch);
          expect(remote.branch(branch)?.commits).toBe(STEPS + 1);
        } else {
          // A worker that dies three times in a row with one request is taken for its victim. Its commits are kept, but not on a branch.
          expect(request).toMatchObject({ status: 'failed', error_code: 'worker-restarted' });
        }
        expect(remote.branches().filter((name) => name.includes(id) && name !== branch)).toEqual([]);
      }
      expect(completed).toBeGreaterThan(submitted.length / 2);
      for (const { stateDir } of workers) {
        expect(readdirSync(join(stateDir, 'repository/clones'))).toEqual([]);
      }
      expect(processesWith(`TEST_AGENT_DIR=${agents}`)).toEqual([]);
    },
    LIMIT_MS + KILLS * 10_000,
  );
});

/** What agents have noted as committed for a request. */
function committed(folder: string, id: string): string[] {
  const file = join(folder, `commits-${id}`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
