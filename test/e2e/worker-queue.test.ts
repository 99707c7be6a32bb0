/** The service, an SQS emulator and the worker together. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import * as attempts from '../support/attempts.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { TestQueue } from '../support/queue.ts';
import { Server } from '../support/server.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import type { Ground } from '../support/ways.ts';
import { prepareGround } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';

// The looks at the list stay out of the way: what is done here is done because of a message.
const NO_SWEEP = { AUTOMATION_WORKER_SWEEP_SECONDS: '3600' };

describe.each(['automation', 'automation.fifo'])('with the queue %s', (name) => {
  let ground: Ground;
  let queue: TestQueue;
  let server: Server;
  let proxy: HttpProxy;
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    ground = await prepareGround('engine in process');
    queue = await TestQueue.start(name);
    server = await Server.start({ ...ground.env, ...queue.env });
    proxy = await HttpProxy.start(() => server.url);
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.dispose();
    await queue?.stop();
    await ground?.dispose();
  });
  afterEach(async () => {
    proxy.fate = () => 'pass';
    await Promise.all(workers.splice(0).map((worker) => worker.dispose()));
    await expectNothingStranded(server.api);
  });

  /** Resolves when its first look at the list is over, so that what comes then comes by the queue. */
  async function start(behaviour: string, env: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const settings = { ...queue.env, ...NO_SWEEP, LOG_LEVEL: 'trace', ...env };
    const worker = new WorkerProcess({ apiUrl: proxy.url, behaviour, env: settings });
    await worker.logs('swept');
    return worker;
  }

  /** For one test. */
  async function startWorker(behaviour: string, env: Readonly<Record<string, string>>): Promise<WorkerProcess> {
    const worker = await start(behaviour, env);
    workers.push(worker);
    return worker;
  }

  const attemptsOf = (id: string) => attempts.attemptsOf(server.api, id);
  const ended = (id: string, attempt = 1) => attempts.attemptEnded(server.api, id, attempt);

  describe('a message', () => {
    /** Of all of these. */
    let worker: WorkerProcess;
    beforeAll(async () => {
      worker = await start('as-told', { AUTOMATION_WORKER_LEASE_SECONDS: '15', AUTOMATION_WORKER_CONCURRENCY: '3' });
    });
    afterAll(() => worker?.dispose());

    it('starts a run, stays in flight during the run, and is deleted once the end is recorded', async () => {
      const correlation = `corr-${randomUUID()}`;
      const answer = await server.api.post(
        '/requests',
        { type: 'bug', title: 'a', description: 'b' },
        { 'X-Correlation-Id': correlation },
      );
      const { id } = answer.body;
      worker.tell(id, 'wait');
      await worker.agentRun(id);
      expect(await queue.counts()).toEqual({ waiting: 0, out: 1 });
      worker.letGo(id);
      await ended(id);
      await until('the message is deleted', () => queue.isEmpty());
      // The cause goes with the message, into all that the worker does about it.
      const events = await server.api.events(id);
      expect(new Set(events.map((it) => it.metadata.$correlationId))).toEqual(new Set([correlation]));
      expect((await worker.agentRun(id)).env.AUTOMATION_CORRELATION_ID).toBe(correlation);
    });

    it('is delivered again if its request could not be claimed', async () => {
      let refusals = 0;
      proxy.fate = ({ method, path }) =>
        method === 'POST' && path.endsWith('/attempts') && refusals++ < 3 ? { status: 503 } : 'pass';
      const { id } = await server.api.submit();
      worker.tell(id, 'succeed');
      await worker.logs('claim failed');
      // Not before the message shows up again, which takes as long as a lease.
      await until('it runs', async () => (await attemptsOf(id)).length > 0, 40_000);
      await ended(id);
      await until('the message is deleted', () => queue.isEmpty());
    });

    // What follows has nothing to do with the kind of queue.
    if (name !== 'automation') return;

    it('stays in flight for as long as the run lasts', async () => {
      const { id } = await server.api.submit();
      worker.tell(id, 'wait');
      await worker.agentRun(id);
      // Were the message to be had again, this one would take it, and drop it, since the request is claimed.
      const other = await startWorker('succeed', { AUTOMATION_WORKER_NAME: 'other' });
      const begun = Date.now();
      // It was out for as long as a lease at first, and again from the claim on.
      await until('a while has gone by', () => Date.now() - begun > 18_000, 50_000);
      expect(other.log.filter((it) => it.msg === 'not claimed')).toEqual([]);
      expect(await queue.counts()).toEqual({ waiting: 0, out: 1 });
      worker.letGo(id);
      await ended(id);
      await until('the message is deleted', () => queue.isEmpty());
    });

    it('is kept until the report is accepted', async () => {
      let refusals = 0;
      proxy.fate = ({ path }) => (path.endsWith('/report') && refusals++ < 4 ? { status: 503 } : 'pass');
      const { id } = await server.api.submit();
      worker.tell(id, 'succeed');
      await worker.logs('end report not accepted; sending it again', 2);
      expect((await queue.counts()).out).toBe(1);
      await ended(id);
      await until('the message is deleted', () => queue.isEmpty());
      expect(await attemptsOf(id)).toHaveLength(1);
    });

    it('that is a duplicate or malformed changes nothing', async () => {
      const { id } = await server.api.submit();
      worker.tell(id, 'wait');
      await worker.agentRun(id);
      const again = { request_id: id, event_id: randomUUID(), event_type: 'RequestSubmitted', schema_version: 1 };
      await startWorker('succeed', { AUTOMATION_WORKER_NAME: 'other' });
      for (const body of [
        JSON.stringify(again),
        JSON.stringify(again),
        'no JSON',
        '{}',
        '{"request_id":"../../etc/passwd"}',
        '[]',
        '"x"',
      ]) {
        await queue.send(body);
      }
      await until('only the first message is left', async () => {
        const { waiting, out } = await queue.counts();
        return waiting + out === 1;
      });
      worker.letGo(id);
      await ended(id);
      await until('the message is deleted', () => queue.isEmpty());
      expect(await attemptsOf(id)).toHaveLength(1);
    });
  });

  it('a request that a worker hands back gets a new message, and another worker takes it', async () => {
    const first = await startWorker('wait', { AUTOMATION_WORKER_DRAIN_SECONDS: '0' });
    const { id } = await server.api.submit();
    await first.agentRun(id);
    await first.stop();
    await startWorker('succeed', { AUTOMATION_WORKER_NAME: 'second' });
    await ended(id, 2);
    expect((await attemptsOf(id)).map((it: { worker: string; outcome: string }) => [it.worker, it.outcome])).toEqual([
      ['test-worker', 'released'],
      ['second', 'succeeded'],
    ]);
    await until('no message is left', () => queue.isEmpty());
  });

  // These workers have another queue than the service, which does not matter: they find requests by their sweep.
  if (name !== 'automation') return;
  describe('a broken queue', () => {
    let worker: WorkerProcess | undefined;
    afterEach(() => worker?.dispose());

    it('that never answers keeps the worker neither from working nor from stopping', async () => {
      const sockets = new Set<Socket>();
      const silent = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/1/q`;
      const env = {
        AWS_SQS_AUTOMATION_QUEUE_URL: url,
        AWS_REGION: 'x',
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
      };
      try {
        const { id } = await server.api.submit();
        worker = new WorkerProcess({ apiUrl: server.url, env: { ...env, AUTOMATION_WORKER_DRAIN_SECONDS: '2' } });
        await until('the sweep has found it', async () => (await server.api.request(id)).attempt === 1);
        await until('it has connected', () => sockets.size > 0);
        await worker.logs('end report accepted');
        expect(await worker.stop()).toEqual({ code: 0, signal: null });
      } finally {
        for (const socket of sockets) socket.destroy();
        silent.close();
      }
    });

    it('that refuses connections is polled less and less often', async () => {
      const env = {
        AWS_SQS_AUTOMATION_QUEUE_URL: 'http://127.0.0.1:9/1/q',
        AWS_REGION: 'x',
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
      };
      worker = new WorkerProcess({ apiUrl: server.url, env });
      await worker.logs('the queue cannot be read', 4);
      const times = worker.log.filter((it) => it.msg === 'the queue cannot be read').map((it) => Date.parse(it.time));
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(gaps[2]).toBeGreaterThan(gaps[0] ?? 0);
    });
  });
});
