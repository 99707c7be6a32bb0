/** What becomes of a wake-up, for each answer that a claim can get. The service is a script, so that answers come as they are wanted. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { AutomationApi } from '../../../src/worker/api.ts';
import { readWorkerConfig } from '../../../src/worker/config.ts';
import { Journal } from '../../../src/worker/journal.ts';
import { Reports } from '../../../src/worker/reports.ts';
import { sharedFolder } from '../../../src/worker/repository/workspace.ts';
import { sweepPending } from '../../../src/worker/sweep.ts';
import { Worker } from '../../../src/worker/worker.ts';
import { until } from '../../support/until.ts';

type Reply = { readonly status: number; readonly body?: unknown } | 'never';

let folder: string;
let service: Server;
let api: AutomationApi;
let worker: Worker;
/** Answers to claims, in order; the last one stays. */
let claims: Reply[];
/** Held back until it resolves. */
let gate: Promise<void>;
let reported: unknown[];
/** Ids of the pending requests, of which all but the last are taken; the list has pages of a hundred. */
let pending: string[];
/** Ids, in the order of the claims. */
let claimed: string[];
const id = randomUUID();
const wakeUp = { requestId: id, correlationId: null, origin: 'queue' } as const;
const refusal = (status: number, code: string): Reply => ({ status, body: { code } });
const CLAIMED: Reply = {
  status: 201,
  body: { attempt: 1, attempt_token: 'attempt-token', agent_token: 'agent-token' },
};

beforeEach(async () => {
  claims = [CLAIMED];
  reported = [];
  pending = [];
  claimed = [];
  gate = Promise.resolve();
  service = createServer((incoming, outgoing) => {
    void (async () => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const { method, url = '' } = incoming;
      const answer = (status: number, body: unknown = {}) =>
        outgoing
          .writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
          .end(JSON.stringify(body));
      if (method === 'GET') {
        const { pathname, searchParams } = new URL(url, 'http://localhost');
        const limit = Number(searchParams.get('limit'));
        const from = Number(searchParams.get('cursor') ?? 0);
        const items = pending.slice(from, from + limit).map((it) => ({ id: it }));
        const isMore = pathname.endsWith('/requests') && from + limit < pending.length;
        return answer(200, { items, next_cursor: isMore ? String(from + limit) : null });
      }
      if (url.endsWith('/report')) {
        reported.push(JSON.parse(text));
        return answer(200);
      }
      await gate;
      const [, asked = ''] = /\/requests\/([^/]+)\/attempts$/.exec(url) ?? [];
      claimed.push(asked);
      const taken = pending.length > 0 && asked !== pending.at(-1);
      const reply = taken ? refusal(409, 'already-claimed') : claims.length > 1 ? claims.shift() : claims[0];
      if (reply && reply !== 'never') answer(reply.status, reply.body);
      return undefined;
    })();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  folder = await mkdtemp(join(tmpdir(), 'automation-wake-ups-'));
  const environment = {
    PATH: process.env.PATH,
    AUTOMATION_API_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    AUTOMATION_AGENT_COMMAND: JSON.stringify([process.execPath, '-e', '0']),
    AUTOMATION_AGENT_DIR: folder,
  };
  const config = readWorkerConfig([], environment);
  if (!config) throw new Error('That was no question for help.');
  const log = createLogger('silent');
  api = new AutomationApi(config);
  const journal = await Journal.open(folder);
  const reports = new Reports({ api, journal, log });
  worker = new Worker({
    config,
    api,
    journal,
    reports,
    workspaces: sharedFolder(folder),
    sessions: null,
    agentUser: null,
    log,
    environment,
  });
});
afterEach(async () => {
  await worker.drain(0);
  service.closeAllConnections();
  service.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a wake-up', () => {
  it('that is claimed starts a run, whose end is recorded', async () => {
    const taken = await worker.take(wakeUp);
    expect(taken.kind).toBe('running');
    expect(await (taken as { ended: Promise<string> }).ended).toBe('recorded');
    expect(reported).toMatchObject([{ outcome: 'succeeded', exit_code: 0 }]);
    expect(await readdir(join(folder, 'attempts'))).toEqual([]);
  });

  it.each(['already-claimed', 'not-claimable'])('is done if the service answers %s', async (code) => {
    claims = [refusal(409, code)];
    expect(await worker.take(wakeUp)).toEqual({ kind: 'done', passOver: true });
    expect(worker.capacity.free).toBe(1);
    expect(await readdir(join(folder, 'attempts'))).toEqual([]);
  });

  it.each([
    [503, 'event-store-unavailable'],
    [409, 'conflict'],
    [429, 'rate-limited'],
  ])('comes again later if the service answers %i %s, even to the last try', async (status, code) => {
    claims = [refusal(status, code)];
    expect(await worker.take(wakeUp)).toEqual({ kind: 'later', afterSeconds: 5 });
    // It looks whether the service answers before it takes another one.
    await until('it takes work again', () => worker.capacity.free === 1);
  });

  it('is claimed if a later try succeeds', async () => {
    claims = [refusal(503, 'event-store-unavailable'), CLAIMED];
    expect((await worker.take(wakeUp)).kind).toBe('running');
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
  ])(
    'comes again later if the worker itself is refused with %i %s, and no other is tried for a while',
    async (status, code) => {
      claims = [refusal(status, code)];
      expect(await worker.take(wakeUp)).toEqual({ kind: 'later', afterSeconds: 60 });
      expect(worker.capacity.free).toBe(0);
    },
  );

  it('for an unknown request comes again later, and holds up no other', async () => {
    claims = [refusal(404, 'not-found')];
    expect(await worker.take(wakeUp)).toEqual({ kind: 'later', afterSeconds: 60 });
    expect(worker.capacity.free).toBe(1);
  });

  it('comes again later if the answer is unusable', async () => {
    claims = [{ status: 201, body: { attempt: 'one' } }];
    expect(await worker.take(wakeUp)).toMatchObject({ kind: 'later' });
  });

  it('for a request already running here does nothing', async () => {
    const first = worker.take(wakeUp);
    expect(await worker.take(wakeUp)).toEqual({ kind: 'done' });
    expect((await first).kind).toBe('running');
  });

  it('for a request whose claim here is in progress and then fails comes again later', async () => {
    const held = Promise.withResolvers<undefined>();
    gate = held.promise;
    claims = [refusal(503, 'event-store-unavailable')];
    const both = [worker.take(wakeUp), worker.take(wakeUp)];
    held.resolve(undefined);
    const soon = { kind: 'later', afterSeconds: 5 };
    expect(await Promise.all(both)).toEqual([soon, soon]);
  });

  it('finds no place while others run, and does not affect them', async () => {
    await worker.take(wakeUp);
    expect(await worker.take({ ...wakeUp, requestId: randomUUID() })).toEqual({ kind: 'full' });
  });

  it('finds no place once the worker is stopping', async () => {
    await worker.drain(0);
    expect(await worker.take(wakeUp)).toEqual({ kind: 'full' });
  });
});

describe('a look at the list', () => {
  it.each([20, 100, 600])('gets past %i requests that cannot be claimed', async (count) => {
    pending = Array.from({ length: count + 1 }, () => randomUUID());
    const stop = new AbortController();
    const sweeping = sweepPending({ api, worker, intervalMs: 50, log: createLogger('silent') }, stop.signal);
    await until('the last is run', () => reported.length > 0);
    pending = [];
    stop.abort();
    await sweeping;
    expect(new Set(claimed).size).toBe(count + 1);
    expect(reported[0]).toMatchObject({ outcome: 'succeeded' });
  });
});
