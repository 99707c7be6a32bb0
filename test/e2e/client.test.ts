import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createAutomationClient, NoAnswer } from '../../src/client/automation-client.ts';
import type { AutomationClientOptions } from '../../src/client/automation-client.ts';
import { SUBMISSION } from '../support/api.ts';
import { UNKNOWN_ID } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const REQUESTS = '/api/v1/automation/requests';
const REQUEST = '/api/v1/automation/requests/{id}';

describe('the typed client', () => {
  const running = useServer('engine in process');
  const client = (options: Partial<AutomationClientOptions> = {}) =>
    createAutomationClient({ url: running.server.url, ...options });

  it('sends bodies, paths, queries and headers', async () => {
    const submitted = await client().POST(REQUESTS, { body: SUBMISSION, headers: { 'X-Correlation-Id': 'client-1' } });
    expect(submitted.response.status).toBe(201);
    expect(submitted.response.headers.get('X-Correlation-Id')).toBe('client-1');
    const id = submitted.data?.id ?? '';
    const revised = await client().PATCH(REQUEST, {
      params: { path: { id }, header: { 'If-Match': '"0"', 'Idempotency-Key': 'a' } },
      body: { current_phase: 'a' },
    });
    expect(revised.data).toMatchObject({ id, current_phase: 'a', version: 1 });
    const query = { status: ['pending' as const, 'failed' as const], q: 'rate limiting', include_total: true };
    const { data: page } = await client().GET(REQUESTS, { params: { query } });
    expect(page).toMatchObject({ total: 1, next_cursor: null, items: [{ id }] });
    const known = await client().GET(REQUEST, { params: { path: { id }, header: { 'If-None-Match': '"1"' } } });
    expect([known.response.status, known.data]).toEqual([304, undefined]);
  });

  it("returns problems, typed with the operation's codes", async () => {
    const { data, error, response } = await client().GET(REQUEST, { params: { path: { id: UNKNOWN_ID } } });
    expect([response.status, data, error?.code]).toEqual([404, undefined, 'not-found']);
  });

  it('does not compile with calls the service would refuse', async () => {
    // @ts-expect-error -- no such type
    const refused = await client().POST(REQUESTS, { body: { ...SUBMISSION, type: 'epic' } });
    expect(refused.error?.errors).toMatchObject([{ pointer: '/type' }]);
    // @ts-expect-error -- no such path
    const nowhere = await client().GET('/api/v1/automation/nowhere');
    expect(nowhere.response.status).toBe(404);
    // @ts-expect-error -- this operation never answers so
    expect(refused.error?.code === 'version-mismatch').toBe(false);
  });

  it('asks for its credential at each call, unless the call brings its own', async () => {
    const given: string[] = [];
    const bearer = () => {
      given.push('wrong');
      return 'wrong';
    };
    const { error } = await client({ bearer }).GET(REQUESTS);
    expect(error?.code).toBe('unauthenticated');
    const id = (await running.api.submit()).id as string;
    const claim = await client().POST(`${REQUEST}/attempts`, { params: { path: { id } }, body: { worker: 'w' } });
    const headers = { Authorization: `Bearer ${claim.data?.attempt_token}` };
    const found = await client({ bearer }).GET(REQUEST, { params: { path: { id } }, headers });
    expect(found.response.status).toBe(200);
    expect(given).toEqual(['wrong']);
  });
});

describe('the typed client without the service', () => {
  it.each<[string, RequestListener, RegExp]>([
    ['answers with a page', (_, response) => response.setHeader('Content-Type', 'text/html').end('<p>'), /not JSON/],
    ['hangs', () => undefined, /No answer within 300 ms/],
    ['hangs within its answer', (_, response) => void response.writeHead(200).write('{'), /No answer within 300 ms/],
    ['answers without an end', endless, /is unreachable/],
    [
      'leads elsewhere',
      (_, response) => response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end(),
      /unreachable/,
    ],
    ['breaks off', (request) => request.socket.destroy(), /is unreachable/],
  ])('throws if the server %s', async (_, listener, message) => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createAutomationClient({ url, deadlineMs: 300, maxAnswerBytes: 100_000 });
    const called = client.GET(REQUESTS);
    await expect(called).rejects.toThrow(NoAnswer);
    await expect(called).rejects.toThrow(message);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  it('stops when aborted, with the given reason', async () => {
    const client = createAutomationClient({ url: 'http://127.0.0.1:1' });
    await expect(client.GET(REQUESTS, { signal: AbortSignal.abort(new Error('no longer')) })).rejects.toThrow(
      'no longer',
    );
  });
});

function endless(_: unknown, response: Parameters<RequestListener>[1]): void {
  response.setHeader('Content-Type', 'application/json');
  const write = (): void => {
    while (!response.destroyed && response.write(' '.repeat(10_000)));
  };
  response.on('drain', write);
  write();
}
