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
/** The server still serves everyone else. */
const expectAlive = async (): Promise<void> => expect((await fetch(`${app.url}/api/things`)).status).toBe(200);

describe('what is no HTTP', () => {
  it.each([
    ['a word', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a bad header', request('GET /api/things', HOST, 'no colon')],
    ['a folded header', request('GET /api/things', HOST, 'X-A: b', ' c')],
    ['a NUL', request('GET /api/things', HOST, 'X-A: \0')],
    ['a bad version', 'GET /api/things HTTP/9.9\r\n\r\n'],
    ['two lengths', request('POST /api/things', HOST, JSON_TYPE, 'Content-Length: 2', 'Content-Length: 3') + '{}'],
    [
      'a length and chunks',
      request('POST /api/things', HOST, JSON_TYPE, 'Content-Length: 2', 'Transfer-Encoding: chunked') + '{}',
    ],
    ['a bad length', request('POST /api/things', HOST, JSON_TYPE, 'Content-Length: 2x') + '{}'],
    ['a bad chunk', request('POST /api/things', HOST, JSON_TYPE, 'Transfer-Encoding: chunked') + 'zz\r\n{}\r\n'],
  ])('is refused: %s', async (_, bytes) => {
    const connection = await RawConnection.open(app.port);
    connection.send(bytes);
    await expectProblem(await connection.answer(), 400, 'invalid-header');
    expect(await connection.closed()).toBe('');
    await expectAlive();
  });

  it('is refused: chunks that are compressed', async () => {
    const head = request('POST /api/things', HOST, JSON_TYPE, 'Transfer-Encoding: gzip, chunked');
    await expectProblem(await ask(head, '2\r\n{}\r\n0\r\n\r\n'), 400, 'invalid-header');
  });

  it('is refused: too many headers', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('GET /api/things', HOST, `X-Bomb: ${'x'.repeat(17_000)}`));
    await expectProblem(await connection.answer(), 431, 'headers-too-large');
    await connection.closed();
    await expectAlive();
  });

  it('is answered without a body to HEAD', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('HEAD /api/things', HOST, `X-Bomb: ${'x'.repeat(17_000)}`));
    expect(await connection.answer(false)).toMatchObject({ status: 431 });
    expect(await connection.closed()).toBe('');
  });

  it('waits until earlier requests on the connection are answered', async () => {
    const connection = await RawConnection.open(app.port);
    const body = '{"name":"a"}';
    const post = request('POST /api/things', HOST, JSON_TYPE, `Content-Length: ${body.length}`) + body;
    connection.send(post + request('GET /api/things?limit=5', HOST) + 'garbage\r\n\r\n');
    expect(await connection.answer()).toMatchObject({ status: 201, body });
    expect(await connection.answer()).toMatchObject({ status: 200, body: '{"limit":5}' });
    await expectProblem(await connection.answer(), 400, 'invalid-header');
    expect(await connection.closed()).toBe('');
  });

  it.each(['GET', 'HEAD'])('is not answered after the last request of a connection, a %s', async (method) => {
    const connection = await RawConnection.open(app.port);
    connection.send(request(`${method} /api/things`, HOST, 'Connection: close'), '{"a":1}\r\n\r\n');
    expect(await connection.answer(method === 'GET')).toMatchObject({ status: 200 });
    expect(await connection.closed()).toBe('');
    await expectAlive();
  });

  it('may be a method or target that is not served', async () => {
    await expectProblem(await ask(request('OPTIONS *', HOST)), 404, 'not-found');
    await expectProblem(await ask(request('TRACE /api/things', HOST)), 405, 'method-not-allowed');
    const connection = await RawConnection.open(app.port);
    connection.send(request('CONNECT localhost:443', HOST));
    await connection.closed();
    await expectAlive();
  });
});

describe('a body too large', () => {
  it('is refused by its length before any of it is sent', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('POST /api/things', HOST, JSON_TYPE, 'Content-Length: 99999999999'));
    const answer = await connection.answer();
    await expectProblem(answer, 413, 'payload-too-large');
    expect(answer.headers.connection).toBe('close');
    connection.socket.destroy();
  });

  it('is refused as it arrives, without waiting for its end', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('POST /api/things', HOST, JSON_TYPE, 'Transfer-Encoding: chunked'));
    connection.send(`${(300_000).toString(16)}\r\n${'x'.repeat(300_000)}\r\n`);
    await expectProblem(await connection.answer(), 413, 'payload-too-large');
    for (let sent = 0; sent < 8; sent += 1) connection.send(`f4240\r\n${'x'.repeat(1_000_000)}\r\n`);
    expect(await connection.closed()).toBe('');
    expect(connection.socket.errored).toBeNull();
  });

  it('is read for a while after the answer, so that the answer is not lost', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('POST /api/nothing', HOST, JSON_TYPE, 'Content-Length: 8000000'));
    await expectProblem(await connection.answer(), 404, 'not-found');
    for (let sent = 0; sent < 8; sent += 1) connection.send('x'.repeat(1_000_000));
    expect(await connection.closed()).toBe('');
    expect(connection.socket.errored).toBeNull();
  });
});

describe('a client that sends Expect: 100-continue', () => {
  const post = (...headers: string[]): string =>
    request('POST /api/things', HOST, ...headers, 'Content-Length: 12', 'Expect: 100-continue');

  it('is asked for the body if the rest is valid', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(post(JSON_TYPE));
    expect(await connection.answer()).toMatchObject({ status: 100 });
    connection.send('{"name":"a"}');
    expect(await connection.answer()).toMatchObject({ status: 201 });
    connection.socket.destroy();
  });

  it('is not asked for it otherwise', async () => {
    const answer = await ask(post('Content-Type: text/plain'));
    await expectProblem(answer, 415, 'unsupported-media-type');
    expect(answer.headers.connection).toBe('close');
  });

  it('cannot expect anything else', async () => {
    await expectProblem(await ask(request('GET /api/things', HOST, 'Expect: wonders')), 400, 'invalid-header');
  });
});

describe('a connection', () => {
  it('may carry a chunked body without chunks', async () => {
    const head = request(`POST /api/things/${ID}/poke`, HOST, JSON_TYPE, 'Transfer-Encoding: chunked');
    expect((await ask(head, '0\r\n\r\n')).status).toBe(200);
  });

  it('continues after a refusal and after an unwanted body', async () => {
    const connection = await RawConnection.open(app.port);
    connection.send(request('GET /api/things', HOST, 'Content-Length: 7'), 'ignored');
    expect(await connection.answer()).toMatchObject({ status: 200 });
    connection.send(request('POST /api/nothing', HOST, 'Content-Length: 7'), 'ignored');
    await expectProblem(await connection.answer(), 404, 'not-found');
    connection.send(request('HEAD /api/nothing', HOST));
    expect(await connection.answer(false)).toMatchObject({ status: 404 });
    connection.send(
      request('POST /api/things', HOST, JSON_TYPE, 'Transfer-Encoding: chunked'),
      'c\r\n{"name":"a"}\r\n0\r\n\r\n',
    );
    expect(await connection.answer()).toMatchObject({ status: 201 });
    connection.socket.destroy();
  });
});
