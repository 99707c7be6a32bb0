import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import { Api, BASE } from '../support/api.ts';
import type { Answer } from '../support/api.ts';
import { expectRequestAnswer } from '../support/contract.ts';
import type { FuzzCall, Known } from '../support/fuzz/calls.ts';
import { isEndless, makeCall } from '../support/fuzz/calls.ts';
import { Dice } from '../support/fuzz/dice.ts';
import { LONG } from '../support/fuzz/hostile.ts';
import { ApiDocument } from '../support/openapi.ts';
import { useServer } from '../support/ways.ts';

/** Each run has a seed of its own; with that of an earlier run it makes the same calls again. FUZZ_FROM and FUZZ_CALLS narrow it down. */
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const FROM = Number(process.env.FUZZ_FROM ?? 0);
const CALLS = Number(process.env.FUZZ_CALLS ?? 10_000);
const AT_ONCE = 12;
const LIMIT_MS = 600_000;

/** Operations that need what chance does not make: tiles that are there, sizes of the tree, parked events. */
const RARELY_TAKEN = /^(?:getTile\w*|proveConsistency|retryParked|skipParked)$/;
/** How often each operation is taken and refused at least. A change of the status, which is seldom allowed, is taken about 20 times. */
const ENOUGH = 3;

interface Outcome {
  readonly call: FuzzCall;
  readonly answer: Answer;
}

describe(`${CALLS} calls made from the OpenAPI document, most of them wrong somewhere (FUZZ_SEED=${SEED})`, () => {
  const admin = new AdminKey();
  const keyed = useServer('engine in process', admin.env);
  const running = {
    get server() {
      return keyed.server;
    },
    get api() {
      return keyed.api.bearing(admin.key);
    },
  };
  afterAll(() => admin.dispose());
  const api = new ApiDocument();
  const requestIds = new Set<string>();
  const refusedIds = new Set<string>();
  const tally = new Map<string, { taken: number; refused: number }>();

  it(
    'are all answered as documented, never with a 5xx',
    async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
      const client = new Api(() => running.server.url, { Authorization: `Bearer ${admin.key}` }, agent);
      const known = await prepare(running.api);
      const failures: string[] = [];
      let next = FROM;
      const lane = async (): Promise<void> => {
        while (next < FROM + CALLS && failures.length === 0) {
          const number = next;
          next += 1;
          const call = makeCall(api, new Dice(SEED * 31 + number * 7919), known);
          const failure = await judge(call, client, (id) => {
            const ids = call.operationId === 'createKey' ? known.keyIds : known.ids;
            ids[number % ids.length] = id;
          });
          if (failure) failures.push(`Call ${number} (FUZZ_SEED=${SEED} FUZZ_FROM=${number} FUZZ_CALLS=1): ${failure}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      client.close();
      expect(failures).toEqual([]);
    },
    LIMIT_MS,
  );

  (CALLS < 5_000 ? it.skip : it)('were of every operation, taken and refused', () => {
    const idle = api.operations
      .filter(({ responses }) => !isEndless(responses))
      .map(({ method, path }) => api.document.paths[path][method.toLowerCase()].operationId);
    expect(idle.filter((id) => (tally.get(id)?.refused ?? 0) < ENOUGH)).toEqual([]);
    const takeable = idle.filter((id) => !RARELY_TAKEN.test(id));
    expect(takeable.filter((id) => (tally.get(id)?.taken ?? 0) < ENOUGH)).toEqual([]);
  });

  it(
    'left no event if refused',
    async () => {
      const events = await running.api.all('/events?limit=1000', 'after');
      const byCall = events.map(({ metadata }) => metadata.call_id as string).filter((id) => requestIds.has(id));
      expect(byCall.length).toBeGreaterThan(0);
      expect(byCall.filter((id) => refusedIds.has(id))).toEqual([]);
    },
    LIMIT_MS,
  );

  it('left the server working', async () => {
    const submitted = await running.api.post('/requests', {
      type: 'bug',
      title: 'After all of that',
      description: 'a',
    });
    expectRequestAnswer(submitted, 201);
    const id = submitted.body.id as string;
    expectRequestAnswer(await running.api.patch(`/requests/${id}`, { priority: 'critical' }));
    const claim = await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
    expect(claim.status).toBe(201);
    expect((await running.api.get('/requests?q=after+all')).body.items).toMatchObject([{ id, status: 'planning' }]);
    const report = { outcome: 'failed', error_code: 'a' };
    expectRequestAnswer(
      await running.api.bearing(claim.body.attempt_token).post(`/requests/${id}/attempts/1/report`, report),
    );
    expect((await running.api.events(id)).map(({ type }) => type)).toEqual([
      'RequestSubmitted',
      'RequestDetailsRevised',
      'RequestClaimed',
      'AttemptEnded',
      'RequestFailed',
    ]);
    // What workers say of themselves is as made up as all else here.
    const { workers: _workers, ...checks } = (await running.api.get('/health')).body.checks;
    expect(Object.entries<{ status: string }>(checks).filter(([, { status }]) => status === 'down')).toEqual([]);
    expect(checks).toMatchObject({ event_store: { status: 'ok' }, read_model: { status: 'ok' } });
    expect(running.server.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });

  /** What is wrong with the answer, in words; the client has held it against the document. */
  async function judge(call: FuzzCall, client: Api, onNew: (id: string) => void): Promise<string | null> {
    let outcome: Outcome;
    try {
      outcome = { call, answer: await client.send(call) };
    } catch (error) {
      return `${(error as Error).message}\n${describeCall(call)}`;
    }
    const { status, headers, text, body } = outcome.answer;
    const id = String(headers['x-request-id']);
    requestIds.add(id);
    const count = tally.get(call.operationId) ?? { taken: 0, refused: 0 };
    tally.set(call.operationId, count);
    // How a part is at the moment is no fault of this call.
    const isDown = call.operationId === 'getHealth' && status === 503 && body?.status === 'down';
    if (status < 400 || isDown) {
      count.taken += 1;
      if (status === 201 && /^(?:submitRequest|createKey)$/.test(call.operationId)) onNew(body.id as string);
      return null;
    }
    count.refused += 1;
    refusedIds.add(id);
    const fault = (what: string): string => `${what}: ${status} ${text.slice(0, 1_000)}\n${describeCall(call)}`;
    if (status >= 500) return fault('a fault of ours');
    if (call.method !== 'HEAD' && body?.status !== status) return fault('no problem');
    if (text.includes(LONG.repeat(65)) || /[xa]{65}/.test(text)) return fault('repeats what was sent');
    return /node_modules|\.[jt]s:\d|SyntaxError|Unexpected token/.test(text) ? fault('tells of the inside') : null;
  }
});

/** Requests in every status, and tokens of some of their attempts. */
async function prepare(client: Api): Promise<Known> {
  const ids: string[] = [];
  const tokens: string[] = [];
  const keyIds: string[] = [];
  for (let i = 0; i < 30; i += 1) {
    keyIds.push((await client.post('/keys', { name: `key-${i}`, role: 'auditor' })).body.id);
  }
  for (const status of ['pending', 'planning', 'implementing', 'reviewing', 'blocked', 'failed', 'cancelled']) {
    for (let i = 0; i < 8; i += 1) {
      const { id } = await client.submit({ title: `${status} ${i}`, type: i % 2 === 0 ? 'research' : 'bug' });
      ids.push(id as string);
      if (i < 4) {
        const { body } = await client.post(`/requests/${id}/attempts`, { worker: 'w', lease_seconds: 3_600 });
        tokens.push(body.attempt_token as string, body.agent_token as string);
      }
      if (status === 'reviewing') await client.move(id, 'implementing');
      await client.patch(`/requests/${id}/status`, { status });
    }
  }
  return { ids, tokens, keyIds };
}

function describeCall({ method, path, headers, body }: FuzzCall): string {
  const sent =
    body === undefined
      ? ''
      : Buffer.from(body as string)
          .toString('latin1')
          .slice(0, 500);
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 1_000)} ${JSON.stringify(sent)}`.replace(
    BASE,
    '…',
  );
}
