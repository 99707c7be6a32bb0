/** What happens to single calls between worker and service, and to the service itself. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as attempts from '../support/attempts.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { Server } from '../support/server.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import type { Ground } from '../support/ways.ts';
import { prepareGround } from '../support/ways.ts';
import type { WorkerOptions } from '../support/worker.ts';
import { WorkerProcess } from '../support/worker.ts';

let ground: Ground;
let server: Server;
let proxy: HttpProxy;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  ground = await prepareGround('engine in process');
  server = await Server.start(ground.env);
});
beforeEach(async () => {
  proxy = await HttpProxy.start(() => server.url);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
  await proxy.stop();
  await expectNothingStranded(server.api);
  for (const { id } of await server.api.all('/requests?status=pending&limit=100'))
    await server.api.post(`/requests/${id}/cancel`);
});
afterAll(async () => {
  await server?.dispose();
  await ground?.dispose();
});

function startWorker(behaviour: string, options: Partial<WorkerOptions> = {}): WorkerProcess {
  const worker = new WorkerProcess({ apiUrl: proxy.url, behaviour, ...options });
  workers.push(worker);
  return worker;
}

const attemptsOf = (id: string) => attempts.attemptsOf(server.api, id);
const ended = async (id: string, attempt = 1, limitMs?: number) =>
  (await attempts.attemptEnded(server.api, id, attempt, limitMs)).attempt;
const isClaim = ({ method, path }: { method: string; path: string }) => method === 'POST' && path.endsWith('/attempts');
const isReport = ({ path }: { path: string }) => path.endsWith('/report');

describe('a claim whose answer is lost', () => {
  it('leaves no request that says it is being worked on while nobody does', async () => {
    let lost = 0;
    proxy.fate = (call) => (isClaim(call) && lost++ === 0 ? 'lose-answer' : 'pass');
    startWorker('succeed');
    const { id } = await server.api.submit();
    await until('it has run', async () => (await server.api.request(id)).status === 'blocked', 40_000);
    const tried = await attemptsOf(id);
    // A service that knows the key answers the repeated claim as it did before; else it is found and handed back.
    expect(tried.at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(tried.slice(0, -1).every((it: { outcome: string }) => it.outcome === 'released')).toBe(true);
    expect(proxy.count(/POST .*\/attempts$/)).toBeGreaterThan(1);
  });
});

describe('a claim whose answer comes after its worker was told to stop', () => {
  it('is handed back at once, without an agent', async () => {
    const answer = Promise.withResolvers<void>();
    proxy.fate = (call) => (isClaim(call) ? { holdUntil: answer.promise } : 'pass');
    const worker = startWorker('wait');
    const { id } = await server.api.submit();
    await until('the claim has taken effect', async () => (await attemptsOf(id)).length === 1, 40_000);
    const stopped = worker.stop();
    await worker.logs('stopping: taking no more requests; a second signal stops at once');
    answer.resolve();
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect(await attemptsOf(id)).toMatchObject([{ outcome: 'released', error_code: 'worker-stopped' }]);
    expect((await server.api.request(id)).status).toBe('pending');
    expect(worker.log.filter((it) => it.msg === 'agent started')).toEqual([]);
  });
});

describe('a report', () => {
  it('whose answer is lost is sent again, and counts once', async () => {
    let lost = 0;
    proxy.fate = (call) => (isReport(call) && lost++ < 2 ? 'lose-answer' : 'pass');
    const worker = startWorker('succeed');
    const { id } = await server.api.submit();
    await worker.logs('end report accepted');
    const events = await server.api.events(id);
    expect(events.filter(({ type }) => type.startsWith('Attempt'))).toHaveLength(1);
    expect(await attemptsOf(id)).toHaveLength(1);
  });

  it('is kept while the service is away, and taken when it is back', async () => {
    const worker = startWorker('wait');
    const { id } = await server.api.submit();
    await worker.agentRun(id);
    await server.kill();
    worker.letGo();
    await worker.logs('end report not accepted; sending it again', 2);
    await server.startAgain();
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
  });

  it('outlives its worker too', async () => {
    proxy.fate = (call) => (isReport(call) ? { status: 503 } : 'pass');
    const worker = startWorker('fail:9');
    const { id } = await server.api.submit();
    await worker.logs('end report not accepted; sending it again');
    await worker.kill();
    expect((await attemptsOf(id))[0].outcome).toBeNull();
    proxy.fate = () => 'pass';
    startWorker('succeed', { folder: worker.folder });
    expect(await ended(id)).toMatchObject({ outcome: 'failed', exit_code: 9 });
  });

  it('that is refused for what it holds is sent again without its figures', async () => {
    let refused = 0;
    proxy.fate = (call) => (isReport(call) && refused++ === 0 ? { status: 400 } : 'pass');
    const worker = startWorker('fail:9');
    const { id } = await server.api.submit();
    expect(await ended(id)).toMatchObject({ outcome: 'failed', error_code: 'agent-failed', exit_code: null });
    await worker.logs('end report accepted');
    expect(refused).toBe(2);
  });

  it('that is refused for good does not keep the worker from other work, and is set aside', async () => {
    let first = true;
    proxy.fate = (call) => {
      if (!isReport(call) || !first) return 'pass';
      first = false;
      return { status: 403 };
    };
    const worker = startWorker('succeed');
    await server.api.submit();
    const { id } = await server.api.submit({ priority: 'low' });
    await ended(id);
    expect(worker.log.filter((it) => it.msg === 'end report refused for good; set aside')).toHaveLength(1);
    const left = () => readdirSync(join(worker.folder, 'state/test-worker/attempts'));
    await until('only what was refused is left', () => left().length === 1);
    expect(left()).toEqual([expect.stringMatching(/\.refused$/)]);
  });

  it('that nobody takes does not keep the worker from stopping, and the next start sends it', async () => {
    proxy.fate = (call) => (isReport(call) ? 'hang' : 'pass');
    const worker = startWorker('succeed', { env: { AUTOMATION_WORKER_DRAIN_SECONDS: '0' } });
    const { id } = await server.api.submit();
    await until('the report is on its way', () => proxy.count(/\/report$/) > 0);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    proxy.fate = () => 'pass';
    startWorker('succeed', { folder: worker.folder });
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('a request that cannot be claimed', () => {
  it.each([409, 500])('by a refusal with %i lets those behind it go first', async (status) => {
    const { id: unclaimable } = await server.api.submit({ priority: 'critical' });
    const { id } = await server.api.submit({ priority: 'low' });
    proxy.fate = (call) => (isClaim(call) && call.path.includes(unclaimable) ? { status } : 'pass');
    startWorker('succeed');
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    proxy.fate = () => 'pass';
    await server.api.post(`/requests/${unclaimable}/cancel`);
  });
});

describe('more requests that cannot be claimed than the list of what is next shows', () => {
  it('let those behind them go first', async () => {
    const held = await Promise.all(Array.from({ length: 105 }, () => server.api.submit({ priority: 'critical' })));
    const ids = new Set(held.map(({ id }) => id));
    const { id } = await server.api.submit({ priority: 'low' });
    proxy.fate = (call) => (isClaim(call) && ids.has(call.path.split('/').at(-2)) ? { status: 409 } : 'pass');
    startWorker('succeed');
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('a service that is away', () => {
  it('is waited for, and nothing is lost', async () => {
    await server.stop();
    const worker = startWorker('succeed');
    await worker.logs('the list of pending requests cannot be read', 2);
    await server.startAgain();
    const { id } = await server.api.submit();
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
  });

  it('that never answers is given up after a limit', async () => {
    let hung = 0;
    proxy.fate = ({ path }) => (path.startsWith('/api/v1/automation/pending') && hung++ === 0 ? 'hang' : 'pass');
    startWorker('succeed');
    const { id } = await server.api.submit();
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    expect(hung).toBeGreaterThan(1);
  });
});
