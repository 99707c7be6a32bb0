import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem } from './problems.ts';
import { RawConnection } from './raw-http.ts';
import type { RawAnswer } from './raw-http.ts';
import { startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const ID = '0190a0a0-0000-7000-8000-00000000000f';
const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';

let app: ThingsApp;
beforeAll(async () => {
  app = await startThings();
});
afterAll(() => app.close());

const request = (line: string, ...headers: string[]): string => [`${line} HTTP/1.1`, ...headers, '', ''].join('\r\n');
const ask = async (...parts: string[]): Promise<RawAnswer> => {
  const connection = await RawConnection.open(app.port);
  connection.send(...parts);
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
};
describe('the host', () => {
  it.each(['localhost', 'LocalHost:1', '127.0.0.1', '127.0.0.1:8000', '[::1]', '[::1]:65535'])(
    '%s is this service',
    async (host) => {
      expect((await ask(request('GET /api/things', `Host: ${host}`))).status).toBe(200);
    },
  );

  it.each([
    ...[
      'evil.example',
      'localhost.evil.example',
      'localhost.',
      'localhost:',
      'localhost:port',
      '127.0.0.2',
      '127.1',
      '::1',
    ],
    ...['evil.example#localhost', 'user@localhost', '[::1', 'localhost:80, evil.example', ''],
  ])('%j is another host', async (host) => {
    await expectProblem(await ask(request('GET /api/things', `Host: ${host}`)), 403, 'forbidden');
  });

  it('must be named exactly once', async () => {
    await expectProblem(await ask(request('GET /api/things')), 400, 'invalid-header');
    await expectProblem(await ask(request('GET /api/things', HOST, 'host: evil.example')), 400, 'invalid-header');
    await expectProblem(await ask('GET /api/things HTTP/1.0\r\n\r\n'), 403, 'forbidden');
  });

  it('may be any if keys are required, but must be named', async () => {
    const open = await startThings({ loopbackOnly: false });
    const connection = await RawConnection.open(open.port);
    connection.send(request('GET /api/things', 'Host: api.example'), request('GET /api/things'));
    expect((await connection.answer()).status).toBe(200);
    await expectProblem(await connection.answer(), 400, 'invalid-header');
    await open.close();
  });

  it('may be in the request line, and is checked there too', async () => {
    expect((await ask(request('GET http://localhost/api/things', HOST))).status).toBe(200);
    await expectProblem(await ask(request('GET http://evil.example/api/things', HOST)), 403, 'forbidden');
  });
});

describe('a header sent twice', () => {
  it.each([
    ['Authorization: Bearer good', 'authorization: Bearer good', 401, 'unauthenticated'],
    [JSON_TYPE, 'content-type: text/plain', 415, 'unsupported-media-type'],
    ['Idempotency-Key: a', 'idempotency-key: a', 400, 'invalid-header'],
    ['X-Correlation-Id: a', 'x-correlation-id: b', 400, 'invalid-header'],
  ])('is refused: %s', async (first, second, status, code) => {
    const type = first === JSON_TYPE ? [] : [JSON_TYPE];
    const head = request('PATCH /api/things/' + ID, HOST, ...type, 'Content-Length: 2', first, second);
    await expectProblem(await ask(head, '{}'), status, code);
  });
});
