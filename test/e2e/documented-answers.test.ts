import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import type { Answer, Api } from '../support/api.ts';
import { checkAnswer } from '../support/api.ts';
import { UNKNOWN_ID } from '../support/contract.ts';
import { ApiDocument } from '../support/openapi.ts';
import { poison } from '../support/poison.ts';
import { exchange } from '../support/raw.ts';
import { TestSchema } from '../support/schema.ts';
import { until } from '../support/until.ts';
import type { Call } from '../support/valid-calls.ts';
import { command, VALID_CALLS } from '../support/valid-calls.ts';
import { useServer } from '../support/ways.ts';

/**
 * Every answer that the document promises for an operation is brought about here, on the operation itself. (That no other answers come
 * is seen by all tests, whose client holds each answer against the document.)
 */
const api = new ApiDocument();
const DOCUMENTED = api.operations.flatMap(({ method, path, responses }) => {
  const operationId: string = api.document.paths[path][method.toLowerCase()].operationId;
  // What nobody foresaw cannot be brought about; the fuzzer looks for it.
  return Object.keys(responses)
    .filter((status) => status !== 'default')
    .map((status) => [operationId, status] as const);
});

const withHeaders = (call: Call, headers: Readonly<Record<string, string>>): Call => ({
  ...call,
  headers: { ...call.headers, ...headers },
});
const onNothing = (call: Call): Call => ({
  ...call,
  path: call.path
    .replace(/(requests|keys|parked)\/[0-9a-f-]{36}/, `$1/${UNKNOWN_ID}`)
    .replace('/projections/requests/', '/projections/nothing/')
    .replace('/tile/0/', '/tile/63/'),
});
const withBody = (call: Call, body: string): Call => ({ ...call, body });
const another = (call: Call): Call =>
  command(call.method as 'POST' | 'PATCH', call.path, {
    ...call.json,
    ...OTHER[call.method === 'POST' ? post(call) : 'PATCH'],
  });
const post = ({ path }: Call): string => path.split('/').at(-1) ?? '';
/** A body that is taken as well, and is not the same. */
const OTHER: Readonly<Record<string, object>> = {
  PATCH: { session_id: 'other' },
  requests: { title: 'Other' },
  cancel: { reason: 'other' },
  retry: { reason: 'other' },
  skip: { reason: 'other' },
  attempts: { worker: 'other' },
  heartbeat: { num_turns: 2 },
  report: { duration_ms: 2 },
  keys: { name: 'another' },
  rotate: { overlap_seconds: 61 },
  rebuild: { reason: 'other' },
};

type Scenario = (call: Call, client: Api) => Promise<Answer>;

/** The ways to an answer that any operation can give. */
const COMMON: Readonly<Record<string, Scenario>> = {
  200: (call, client) => client.send(call),
  201: (call, client) => client.send(call),
  202: (call, client) => client.send(call),
  204: (call, client) => client.send(call),
  304: async (call, client) => client.send(withHeaders(call, { 'If-None-Match': '*' })),
  400: (call, client) => client.send({ ...call, path: `${call.path}${call.path.includes('?') ? '&' : '?'}unknown=1` }),
  401: (call, client) => client.send(withHeaders(call, { Authorization: 'Bearer unknown' })),
  403: (call) => open.api.send(withHeaders(call, { Host: 'example.org' })),
  404: (call, client) => client.send(onNothing(call)),
  406: (call, client) => client.send(withHeaders(call, { Accept: 'text/html' })),
  412: (call, client) => client.send(withHeaders(call, { 'If-Match': '"999"' })),
  413: (call, client) => client.send(withBody(call, ' '.repeat(300_000))),
  415: (call, client) => client.send(withHeaders(call, { 'Content-Type': 'text/plain' })),
  422: async (call, client) => {
    const key = { 'Idempotency-Key': randomUUID() };
    await client.send(withHeaders(call, key));
    return client.send(withHeaders(another(call), key));
  },
  429: async (call) => {
    // One call a second is allowed: however slow the machine is, the last of these come too soon.
    const client = limited.api.bearing(admin.key);
    // Health only counts calls with bad credentials.
    const counted = call.path.endsWith('/health') ? withHeaders(call, { Authorization: 'Bearer unknown' }) : call;
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.send(counted)));
    return answers.find(({ status }) => status === 429) ?? answers[0]!;
  },
  431: (call, client) =>
    client.send(withHeaders(call, Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`X-${i}`, 'a'])))),
};

/** The same command with the same key many times at once: the first is still running when others come. */
const stillRunning: Scenario = async (call, client) => {
  const sent = withHeaders(call, { 'Idempotency-Key': randomUUID() });
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.send(sent)));
  return answers.find(({ status }) => status === 409) ?? answers[0]!;
};

/** The same command with the same key while the first one waits for the consumer, as the audit tells. */
const repeatedTooSoon: Scenario = async (call, client) => {
  const sent = withHeaders(call, { 'Idempotency-Key': randomUUID() });
  const first = client.send(sent);
  const target = call.path.split('/').at(-2);
  await until('it is recorded', async () =>
    (await client.all('/audit?limit=1000', 'after')).some(({ data }) => data.target === target),
  );
  const second = await client.send(sent);
  await first;
  return second;
};

const beyondTheLog: Scenario = (call, client) =>
  client.send(withHeaders(call, { 'Last-Event-ID': '9007199254740993' }));

/** The ways to 409 are each operation's own. */
const CONFLICTS: Readonly<Record<string, Scenario>> = {
  submitRequest: stillRunning,
  retryParked: repeatedTooSoon,
  skipParked: repeatedTooSoon,
  streamEvents: beyondTheLog,
  streamRequestEvents: beyondTheLog,
  reportAttempt: stillRunning,
  reviseRequest: (call, client) => client.send(command('PATCH', call.path, { status: 'completed' })),
  changeStatus: (call, client) => client.send(command('PATCH', call.path, { status: 'completed' })),
  cancelRequest: async (call, client) => {
    await client.send(command('PATCH', call.path.replace('/cancel', '/status'), { status: 'failed' }));
    return client.send(call);
  },
  retryRequest: async (call, client) => {
    await client.send(command('PATCH', call.path.replace('/retry', '/status'), { status: 'pending' }));
    await client.send(command('PATCH', call.path.replace('/retry', '/status'), { status: 'cancelled' }));
    return client.send(call);
  },
  rebuildProjection: async (call, client) => {
    await client.send(call);
    return client.send(call);
  },
  verifyProjection: (call, client) =>
    client.send({ ...call, path: call.path.replace('/projections/requests/', '/projections/leases/') }),
  claimRequest: async (call, client) => {
    await client.send(call);
    return client.send(call);
  },
  createKey: async (call, client) => {
    await client.send(call);
    return client.send(call);
  },
  rotateKey: async (call, client) => {
    await client.send(command('POST', call.path.replace('/rotate', '/revoke'), {}));
    return client.send(call);
  },
  heartbeat: async (call, client) => {
    await client.send(command('POST', call.path.replace('/heartbeat', '/report'), { outcome: 'released' }));
    return client.send(call);
  },
};

const head = ({ method, path }: Call, ...more: string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${admin.key}`, ...more].join('\r\n');
const validOf = (operationId: string): ((client: Api) => Promise<Call>) => {
  const valid = VALID_CALLS[operationId];
  if (!valid) throw new Error(`Nothing says how ${operationId} is called: add it to test/support/valid-calls.ts.`);
  return valid;
};

const AT_ITS_TIME = ['408', '503'];
/** These need a tree of 256,000 leaves, and a history that was truncated or is too large. */
const TOO_FAR = ['getTileFarBelow 200', 'getAuditBundle 409'];
const admin = new AdminKey();
/** A database that the test can poison, since nothing else makes a consumer park an event. */
const schema = new TestSchema();
const running = useServer('engine in process', { ...admin.env, ...schema.env });
beforeAll(() => poison(schema));
/** Without keys it is open to this machine, and to no other name. */
const open = useServer('engine in process');
const limited = useServer('engine in process', {
  ...admin.env,
  AUTOMATION_RATE_LIMIT: '1',
  AUTOMATION_RATE_LIMIT_UNAUTHENTICATED: '1',
});
const privileged = (): Api => running.api.bearing(admin.key);
afterAll(() => admin.dispose());
afterAll(() => schema.drop());

describe('every documented answer occurs', () => {
  it.each(DOCUMENTED.filter(([id, status]) => !AT_ITS_TIME.includes(status) && !TOO_FAR.includes(`${id} ${status}`)))(
    '%s answers %s',
    async (id, status) => {
      const scenario = status === '409' ? CONFLICTS[id] : COMMON[status];
      if (!scenario) throw new Error(`No way to ${id} ${status} is known here.`);
      const { status: answered, text } = await scenario(await validOf(id)(privileged()), privileged());
      expect({ answered: String(answered), text }).toEqual({ answered: status, text });
    },
  );

  it('408, when a body does not arrive', async () => {
    const ids = DOCUMENTED.filter(([, status]) => status === '408').map(([id]) => id);
    expect(ids.length).toBeGreaterThan(0);
    const stalled = ids.map(async (id) => {
      const call = await validOf(id)(privileged());
      const sent = `${head(call, 'Content-Type: application/json', 'Content-Length: 100')}\r\n\r\n{`;
      const answer = await exchange(await connected(running.server), sent);
      checkAnswer(call.method, call.path, answer);
      return [id, answer.status];
    });
    expect(await Promise.all(stalled)).toEqual(ids.map((id) => [id, 408]));
  });
});

/** Every member of every body by itself, also of the objects in it. */
const MEMBERS = api.operations.flatMap(({ method, path }) => {
  const { operationId, requestBody } = api.document.paths[path][method.toLowerCase()];
  const reference = requestBody?.content['application/json'].schema.$ref as string | undefined;
  if (reference === undefined) return [];
  const properties = Object.entries(schemaOf(reference).properties);
  return properties.flatMap(([name, property]) => {
    // Of several kinds of objects each has its own.
    const nested =
      'oneOf' in property ? undefined : /"(#\/components\/schemas\/\w+)"/.exec(JSON.stringify(property))?.[1];
    const inner = nested === undefined ? [] : Object.keys(schemaOf(nested).properties);
    const isList = JSON.stringify(property).includes('"array"');
    return [[name], ...inner.map((it) => (isList ? [name, '0', it] : [name, it]))].map(
      (at) => [operationId as string, path, at] as const,
    );
  });
});

function schemaOf(reference: string): { readonly properties: Readonly<Record<string, object>> } {
  return api.document.components.schemas[reference.split('/').at(-1) ?? ''];
}

describe('null in a body', () => {
  it.each(MEMBERS)('is accepted by %s %s for %s where documented, and only there', async (id, path, at) => {
    const call = await validOf(id)(privileged());
    const json = structuredClone({ ...call.json });
    let place = json as Record<string, unknown>;
    for (const name of at.slice(0, -1)) place = place[name] as Record<string, unknown>;
    place[at.at(-1) ?? ''] = null;
    const { status, text } = await privileged().send(command(call.method as 'POST' | 'PATCH', call.path, json));
    expect([status !== 400, text]).toEqual([api.takes(call.method, path, json), text]);
  });
});

/** The last one, for the server is gone afterwards. */
describe('while the server shuts down', () => {
  it('503, on open connections', async () => {
    const leaving = running.server;
    const ids = DOCUMENTED.filter(([, status]) => status === '503').map(([id]) => id);
    expect(ids).toHaveLength(api.operations.length);
    const calls = (await Promise.all(ids.map((id) => validOf(id)(leaving.api.bearing(admin.key))))).map((call) =>
      call.method === 'HEAD' ? { ...call, method: 'GET' } : call,
    );
    leaving.api.close();
    const sockets = await Promise.all(calls.map(() => connected(leaving)));
    calls.forEach((call, i) => sockets[i]?.write(head(call)));
    // Something that is under way, or there would be nothing to wait for.
    const upload = await connected(leaving);
    upload.write(
      `${head(command('POST', '/requests', {}), 'Content-Type: application/json', 'Content-Length: 9')}\r\n\r\n{`,
    );
    const url = leaving.url;
    await until('the heads and the upload have arrived', async () => (await leaving.api.get('/health')).status === 200);
    leaving.api.close();
    const stopped = leaving.stop();
    await until(
      'no new connection is taken',
      async () =>
        !(await fetch(url).then(
          () => true,
          () => false,
        )),
    );
    const answers = await Promise.all(
      calls.map(async (call, i) => {
        const answer = await exchange(sockets[i]!, '\r\n\r\n');
        checkAnswer(call.method, call.path, answer);
        return [ids[i], answer.status, (answer.body as { code: string }).code];
      }),
    );
    upload.destroy();
    expect(answers).toEqual(ids.map((id) => [id, 503, 'shutting-down']));
    expect((await stopped).code).toBe(0);
  });
});

async function connected({ url }: { readonly url: string }) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
