/**
 * Leases, heartbeats and what they say, between the worker and the real service. Each of these takes longer than a lease, so they run
 * side by side. Those that neither kill nor freeze a worker share one; the worker of any other sees its own request only.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attemptEnded, attemptsOf } from '../support/attempts.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import type { Fate } from '../support/http-proxy.ts';
import { runs } from '../support/processes.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import type { Ground } from '../support/ways.ts';
import { prepareGround } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';

const LEASE_SECONDS = 15;
/** For a slow machine: all of these run at the same time. */
const LIMIT_MS = 110_000;

interface Call {
  readonly method: string;
  readonly path: string;
}

let ground: Ground;
let server: Server;
/** The worker of many. */
let common: WorkerProcess;
/** Requests that it may find, and what happens to calls about those it has found. */
const waiting = new Set<string>();
const fates = new Map<string, (call: Call) => Fate>();
const closing: (() => Promise<void>)[] = [];
const scenes: { readonly play: () => Promise<void>; played?: Promise<void> }[] = [];

beforeAll(async () => {
  ground = await prepareGround('engine in process');
  server = await Server.start(ground.env);
  common = await startCommon();
  for (const scene of scenes) {
    scene.played = scene.play();
    scene.played.catch(() => undefined);
  }
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await server?.dispose();
  await ground?.dispose();
});

const isPending = ({ path }: Call) => path.includes('/pending?');
const leases = { AUTOMATION_WORKER_LEASE_SECONDS: String(LEASE_SECONDS) };

async function startCommon(): Promise<WorkerProcess> {
  const proxy = await HttpProxy.start(() => server.url);
  proxy.fate = (call) => {
    if (isPending(call)) return { json: { items: [...waiting].map((id) => ({ id })) } };
    const [, id = ''] = /\/requests\/([^/]+)/.exec(call.path) ?? [];
    if (call.method === 'POST' && call.path.endsWith('/attempts')) waiting.delete(id);
    return fates.get(id)?.(call) ?? 'pass';
  };
  const env = { ...leases, AUTOMATION_WORKER_CONCURRENCY: '10' };
  const worker = new WorkerProcess({ apiUrl: proxy.url, behaviour: 'as-told', env });
  closing.push(() => worker.dispose().finally(() => proxy.stop()));
  return worker;
}

/** A test that was begun together with the others of this file. */
function scene(name: string, play: () => Promise<void>): void {
  const it_ = { play } as (typeof scenes)[number];
  scenes.push(it_);
  // Its assertions ran beside those of the others; this is the one of the test itself.
  it(name, async () => expect(await it_.played).toBeUndefined(), LIMIT_MS + 10_000);
}

/** A request, and what a scene asks of it. */
async function begin() {
  const { id } = await server.api.submit();
  return {
    id,
    attempts: () => attemptsOf(server.api, id),
    request: () => server.api.request(id),
    ended: (attempt: number) => attemptEnded(server.api, id, attempt, LIMIT_MS),
  };
}

/** A request for the worker of many, whose agent behaves like this. */
async function share(behaviour: string) {
  const request = await begin();
  const { id } = request;
  common.tell(id, behaviour);
  waiting.add(id);
  return {
    ...request,
    agentRun: () => common.agentRun(id),
    letGo: () => common.letGo(id),
    setFate: (fate: (call: Call) => Fate) => fates.set(id, fate),
  };
}

/** A request and a proxy through which a worker finds it and no other. */
async function stage() {
  const request = await begin();
  const { id } = request;
  const proxy = await HttpProxy.start(() => server.url);
  closing.push(() => proxy.stop());
  let fate: (call: Call) => Fate = () => 'pass';
  proxy.fate = (call) => (isPending(call) ? { json: { items: [{ id }] } } : fate(call));
  return {
    ...request,
    setFate: (next: typeof fate) => {
      fate = next;
    },
    worker: (behaviour: string, env: Readonly<Record<string, string>> = {}): WorkerProcess => {
      const worker = new WorkerProcess({
        apiUrl: proxy.url,
        behaviour,
        env: { ...leases, ...env },
      });
      closing.unshift(() => worker.dispose());
      return worker;
    },
  };
}

const isHeartbeat = ({ path }: Call) => path.endsWith('/heartbeat');

describe('a lease', () => {
  scene('is renewed for as long as the run lasts', async () => {
    const { attempts, agentRun, letGo, ended } = await share('wait');
    await agentRun();
    const begun = Date.now();
    await until('more than a lease has gone by', () => Date.now() - begun > (LEASE_SECONDS + 4) * 1000, LIMIT_MS);
    expect(await attempts()).toMatchObject([{ attempt: 1, outcome: null }]);
    letGo();
    await ended(1);
    expect(await attempts()).toMatchObject([{ attempt: 1, outcome: 'succeeded' }]);
  });

  scene('of a worker that is gone for good expires, and another worker takes over the request', async () => {
    const { id, worker, attempts, request, ended } = await stage();
    const first = worker('wait');
    await first.agentRun(id);
    await first.kill();
    worker('succeed', { AUTOMATION_WORKER_NAME: 'another' });
    await ended(2);
    expect(await attempts()).toMatchObject([
      { worker: 'test-worker', outcome: 'lost' },
      { worker: 'another', outcome: 'succeeded' },
    ]);
    expect(await request()).toMatchObject({ retry_count: 1 });
  });

  scene('of a frozen worker has expired when it thaws; the worker then changes nothing, and says so', async () => {
    const { id, worker, attempts, request, ended } = await stage();
    const frozen = worker('wait');
    const { env, pid } = await frozen.agentRun(id);
    frozen.signal('SIGSTOP');
    const another = worker('wait', { AUTOMATION_WORKER_NAME: 'another' });
    await until('another has it', async () => (await request()).attempt === 2, LIMIT_MS);
    await another.agentRun(id, 2);
    const before = await request();
    frozen.signal('SIGCONT');
    await frozen.logs('stopping the agent', 1, LIMIT_MS);
    await frozen.logs('end report accepted', 1, LIMIT_MS);
    expect(runs(pid)).toBe(false);
    // What its agent says by now counts as little.
    const stale = await server.api
      .bearing(env.AUTOMATION_AGENT_TOKEN ?? '')
      .patch(`/requests/${id}`, { current_phase: 'old' });
    expect(stale).toMatchObject({ status: 409, body: { code: 'stale-attempt' } });
    expect(await request()).toMatchObject({ status: before.status, attempt: 2, current_phase: before.current_phase });
    another.letGo(2);
    await ended(2);
    expect((await attempts()).map(({ outcome }: { outcome: string }) => outcome)).toEqual(['lost', 'succeeded']);
    const types = (await server.api.events(id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'AttemptReportedLate')).toHaveLength(1);
  });

  scene('that cannot be renewed ends the run before it expires', async () => {
    const { id, worker, attempts, setFate, ended } = await stage();
    // The longer a lease, the earlier its holder gives up, and this is about the order of the two.
    const leaseSeconds = 2 * LEASE_SECONDS;
    const cut = worker('wait', { AUTOMATION_WORKER_LEASE_SECONDS: String(leaseSeconds) });
    const { pid } = await cut.agentRun(id);
    const claimedAt = Date.parse((await attempts())[0].started_at);
    setFate((call) => (isHeartbeat(call) ? { status: 503 } : 'pass'));
    await cut.logs('stopping the agent', 1, LIMIT_MS);
    await until('the agent is gone', () => !runs(pid));
    expect(Date.now() - claimedAt).toBeLessThan(leaseSeconds * 1000);
    await ended(1);
    expect((await attempts())[0]).toMatchObject({ outcome: 'released', error_code: 'lease-lost' });
  });

  const troubles: readonly [string, Fate, number][] = [
    ['refuses', { status: 503 }, 2],
    ['takes a call and is silent', 'hang', 1],
  ];
  for (const [trouble, fate, times] of troubles) {
    scene(`outlasts a service that ${trouble} for a moment`, async () => {
      const { attempts, agentRun, letGo, setFate, ended } = await share('wait');
      await agentRun();
      let calls = 0;
      setFate((call) => (isHeartbeat(call) && calls++ < times ? fate : 'pass'));
      const begun = Date.now();
      await until('more than a lease has gone by', () => Date.now() - begun > (LEASE_SECONDS + 4) * 1000, LIMIT_MS);
      expect(calls).toBeGreaterThan(times);
      letGo();
      await ended(1);
      expect(await attempts()).toMatchObject([{ outcome: 'succeeded' }]);
    });
  }
});

describe('somebody else', () => {
  scene('who cancels the request stops the agent', async () => {
    const { id, attempts, request, agentRun, ended } = await share('hang');
    const { pid } = await agentRun();
    expect((await server.api.post(`/requests/${id}/cancel`, { reason: 'not any more' })).status).toBe(200);
    await ended(1);
    expect(runs(pid)).toBe(false);
    expect((await attempts())[0]).toMatchObject({ outcome: 'released', error_code: 'cancelled' });
    expect(await request()).toMatchObject({ status: 'cancelled' });
  });

  scene('who blocks the request stops the agent, and the request stays blocked', async () => {
    const { id, attempts, request, agentRun, ended } = await share('wait');
    const { pid } = await agentRun();
    await server.api.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'policy', error_message: 'Wait.' });
    await ended(1);
    expect(runs(pid)).toBe(false);
    expect((await attempts())[0]).toMatchObject({ outcome: 'released', error_code: 'drained' });
    expect(await request()).toMatchObject({ status: 'blocked', blocked: { reason: 'policy', message: 'Wait.' } });
  });
});

describe('the figures of a run', () => {
  scene('are sent with each heartbeat, so a killed run still has them', async () => {
    const { id, worker, attempts } = await stage();
    const counted = worker('claude-killed', { AUTOMATION_AGENT_OUTPUT: 'stream-json' });
    await counted.agentRun(id);
    await until('they are told', async () => (await attempts())[0].num_turns === 2, LIMIT_MS);
    await counted.kill();
    expect((await attempts())[0]).toMatchObject({ outcome: null, num_turns: 2, usage: { output_tokens: 20 } });
  });
});
