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

beforeAll(async () => {
  ground = await prepareGround('engine in process');
  server = await Server.start(ground.env);
});
afterAll(async () => {
  await server?.dispose();
  await ground?.dispose();
});

async function endRequests(): Promise<void> {
  await expectNothingStranded(server.api);
  for (const { id } of await server.api.all('/requests?status=pending&limit=100'))
    await server.api.post(`/requests/${id}/cancel`);
}

const attemptsOf = (id: string) => attempts.attemptsOf(server.api, id);
const ended = async (id: string, attempt = 1) => (await attempts.attemptEnded(server.api, id, attempt)).attempt;
type Call = { readonly method: string; readonly path: string };
const isClaim = ({ method, path }: Call) => method === 'POST' && path.endsWith('/attempts');
const isReport = ({ path }: Call) => path.endsWith('/report');
const isLook = ({ path }: Call) => path.startsWith('/api/v1/automation/pending');

describe('with one worker', () => {
  let proxy: HttpProxy;
  let worker: WorkerProcess;

  beforeAll(async () => {
    proxy = await HttpProxy.start(() => server.url);
    worker = new WorkerProcess({ apiUrl: proxy.url, behaviour: 'as-told' });
    await worker.logs('worker started');
  });
  afterEach(async () => {
    proxy.fate = () => 'pass';
    await endRequests();
  });
  afterAll(async () => {
    await worker?.dispose();
    await proxy?.stop();
  });

  /** A request that the worker does not see before the next fate is set. */
  async function begin(behaviour: string, priority = 'medium'): Promise<string> {
    proxy.fate = (call) => (isLook(call) ? { json: { items: [] } } : 'pass');
    const { id } = await server.api.submit({ priority });
    worker.tell(id, behaviour);
    return id;
  }

  describe('a claim whose response is lost', () => {
    it('leaves no request claimed without a worker', async () => {
      const id = await begin('succeed');
      const before = proxy.count(/POST .*\/attempts$/);
      let lost = 0;
      proxy.fate = (call) => (isClaim(call) && lost++ === 0 ? 'lose-answer' : 'pass');
      await until('it has run', async () => (await server.api.request(id)).status === 'blocked', 40_000);
      const tried = await attemptsOf(id);
      // A service that knows the key answers the repeated claim as it did before; else it is found and handed back.
      expect(tried.at(-1)).toMatchObject({ outcome: 'succeeded' });
      expect(tried.slice(0, -1).every((it: { outcome: string }) => it.outcome === 'released')).toBe(true);
      expect(proxy.count(/POST .*\/attempts$/) - before).toBeGreaterThan(1);
    });
  });

  describe('a report', () => {
    const accepted = (id: string) =>
      until('the end report is accepted', () =>
        worker.log.some((it) => it.msg === 'end report accepted' && it.request_id === id),
      );

    it('whose response is lost is sent again, and counts once', async () => {
      const id = await begin('succeed');
      let lost = 0;
      proxy.fate = (call) => (isReport(call) && lost++ < 2 ? 'lose-answer' : 'pass');
      await accepted(id);
      expect(lost).toBe(3);
      const events = await server.api.events(id);
      expect(events.filter(({ type }) => type.startsWith('Attempt'))).toHaveLength(1);
      expect(await attemptsOf(id)).toHaveLength(1);
    });

    it('that is rejected as invalid is sent again without its figures', async () => {
      const id = await begin('fail:9');
      let refused = 0;
      proxy.fate = (call) => (isReport(call) && refused++ === 0 ? { status: 400 } : 'pass');
      expect(await ended(id)).toMatchObject({ outcome: 'failed', error_code: 'agent-failed', exit_code: null });
      await accepted(id);
      expect(refused).toBe(2);
    });

    it('that is rejected for good is set aside, and the worker continues with other requests', async () => {
      await begin('succeed');
      const id = await begin('succeed', 'low');
      let first = true;
      proxy.fate = (call) => {
        if (!isReport(call) || !first) return 'pass';
        first = false;
        return { status: 403 };
      };
      await ended(id);
      expect(worker.log.filter((it) => it.msg === 'end report refused for good; set aside')).toHaveLength(1);
      const left = () => readdirSync(join(worker.folder, 'state/test-worker/attempts'));
      await until('only what was refused is left', () => left().length === 1);
      expect(left()).toEqual([expect.stringMatching(/\.refused$/)]);
    });
  });

  describe('a request that cannot be claimed', () => {
    it.each([409, 500])('because of a %i lets later requests go first', async (status) => {
      const unclaimable = await begin('succeed', 'critical');
      const id = await begin('succeed', 'low');
      proxy.fate = (call) => (isClaim(call) && call.path.includes(unclaimable) ? { status } : 'pass');
      expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
      expect(proxy.calls.some((call) => call.includes(`${unclaimable}/attempts`))).toBe(true);
      await server.api.post(`/requests/${unclaimable}/cancel`);
    });

    it('lets later requests go first, even if such requests fill the whole list of pending ones', async () => {
      const id = await begin('succeed', 'low');
      const held = await Promise.all(Array.from({ length: 105 }, () => server.api.submit({ priority: 'critical' })));
      const ids = new Set(held.map((it) => it.id));
      proxy.fate = (call) => (isClaim(call) && ids.has(call.path.split('/').at(-2)) ? { status: 409 } : 'pass');
      expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    });
  });

  describe('a service that never answers', () => {
    it('times out', async () => {
      const id = await begin('succeed');
      let hung = 0;
      proxy.fate = (call) => (isLook(call) && hung++ === 0 ? 'hang' : 'pass');
      expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
      expect(hung).toBeGreaterThan(1);
    });
  });
});

describe('when workers and the service restart', () => {
  let proxy: HttpProxy;
  const workers: WorkerProcess[] = [];

  beforeEach(async () => {
    proxy = await HttpProxy.start(() => server.url);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
    await proxy.stop();
    await endRequests();
  });

  function startWorker(behaviour: string, options: Partial<WorkerOptions> = {}): WorkerProcess {
    const worker = new WorkerProcess({ apiUrl: proxy.url, behaviour, ...options });
    workers.push(worker);
    return worker;
  }

  describe('a claim whose response arrives after the worker was told to stop', () => {
    it('is handed back at once, without starting an agent', async () => {
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
    it('is kept while the service is down, and delivered when it is back', async () => {
      const worker = startWorker('wait');
      const { id } = await server.api.submit();
      await worker.agentRun(id);
      await server.kill();
      worker.letGo();
      await worker.logs('end report not accepted; sending it again', 2);
      await server.startAgain();
      expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    });

    it('survives the end of its worker', async () => {
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

    it('that cannot be delivered does not keep the worker from stopping, and is sent after the next start', async () => {
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

  describe('a service that is down', () => {
    it('is waited for, and nothing is lost', async () => {
      await server.stop();
      const worker = startWorker('succeed');
      await worker.logs('the list of pending requests cannot be read', 2);
      await server.startAgain();
      const { id } = await server.api.submit();
      expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    });
  });
});
