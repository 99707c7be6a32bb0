import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVER_LIMITS } from '../../../src/infrastructure/http/pipeline/server-limits.ts';
import { until } from '../../support/until.ts';
import { expectProblem } from './problems.ts';
import { RawConnection } from './raw-http.ts';
import { startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const UPLOAD = [
  'POST /api/things HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  'Content-Length: 50',
  'X-Correlation-Id: mine',
  '',
  '{"na',
].join('\r\n');

describe('a slow client', () => {
  let app: ThingsApp;
  let silent: RawConnection;
  let slow: RawConnection;
  let stalled: RawConnection;
  let dripping: RawConnection;
  let drip: NodeJS.Timeout;
  // All at once, so that their time runs out together.
  beforeAll(async () => {
    app = await startThings({
      limits: { ...SERVER_LIMITS, headersTimeoutMs: 1_500, requestTimeoutMs: 2_000, timeoutCheckMs: 50 },
    });
    silent = await RawConnection.open(app.port);
    slow = await RawConnection.open(app.port);
    slow.send('GET /api/things HTTP/1.1\r\nHost: loc');
    stalled = await RawConnection.open(app.port);
    stalled.send(UPLOAD);
    dripping = await RawConnection.open(app.port);
    dripping.send(UPLOAD.replace('Content-Length: 50', 'Content-Length: 50000'));
    drip = setInterval(() => dripping.send('a'), 20);
  });
  afterAll(() => {
    clearInterval(drip);
    return app.close();
  });

  it('does not affect others', async () => {
    await until('the uploads have begun', () => app.http.inFlight() === 2);
    expect((await fetch(`${app.url}/api/things`)).status).toBe(200);
    expect(app.http.inFlight()).toBe(2);
  });

  it('that sends nothing gets an answer and is cut off', async () => {
    await expectProblem(await silent.answer(), 408, 'request-timeout');
    expect(await silent.closed()).toBe('');
  });

  it('that never ends its headers gets an answer and is cut off', async () => {
    await expectProblem(await slow.answer(), 408, 'request-timeout');
    expect(await slow.closed()).toBe('');
  });

  it('that stalls its upload gets an answer with the ids of its request, and is cut off', async () => {
    const answer = await stalled.answer();
    await expectProblem(answer, 408, 'request-timeout');
    expect(answer.headers).toMatchObject({ 'x-correlation-id': 'mine', connection: 'close' });
    expect(await stalled.closed()).toBe('');
    await until('the request is over', () => app.http.inFlight() === 0);
  });

  it('that sends its body a byte at a time gets an answer and is cut off at the same time', async () => {
    await expectProblem(await dripping.answer(), 408, 'request-timeout');
    expect(await dripping.closed()).toBe('');
  });
});

describe('header fields', () => {
  const get = (...fields: string[]): string => `GET /api/things HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;

  it('are limited in bytes', async () => {
    const app = await startThings({ limits: { ...SERVER_LIMITS, maxHeaderBytes: 4_096 } });
    const connection = await RawConnection.open(app.port);
    connection.send(get('Host: localhost', `X-Long: ${'x'.repeat(4_000)}`));
    expect((await connection.answer()).status).toBe(200);
    connection.send(get('Host: localhost', `X-Long: ${'x'.repeat(4_100)}`));
    await expectProblem(await connection.answer(), 431, 'headers-too-large');
    await app.close();
  });

  it('are limited in number, and none is dropped silently', async () => {
    const app = await startThings();
    const connection = await RawConnection.open(app.port);
    const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-${n}: ${n}`);
    connection.send(get('Host: localhost', ...many(98), 'X-Correlation-Id: last'));
    const answer = await connection.answer();
    expect([answer.status, answer.headers['x-correlation-id']]).toEqual([200, 'last']);
    connection.send(get('Host: localhost', ...many(99), 'X-Correlation-Id: last'));
    await expectProblem(await connection.answer(), 431, 'headers-too-large');
    await app.close();
  });
});

describe('a client', () => {
  it('that disconnects during its upload leaves nothing behind', async () => {
    const app = await startThings();
    const connection = await RawConnection.open(app.port);
    connection.send(UPLOAD);
    await until('it has arrived', () => app.http.inFlight() === 1);
    connection.socket.destroy();
    await until('the request is over', () => app.http.inFlight() === 0);
    await app.close();
  });

  it('beyond the limit is turned away', async () => {
    const app = await startThings({ limits: { ...SERVER_LIMITS, maxConnections: 1 } });
    const first = await RawConnection.open(app.port);
    first.send('GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await first.answer()).status).toBe(200);
    const second = await RawConnection.open(app.port);
    expect(await second.closed()).toBe('');
    await app.close();
  });

  it('cannot open more connections than one address may have, while another address is served', async () => {
    const app = await startThings({ limits: { ...SERVER_LIMITS, maxConnectionsPerAddress: 2 } });
    const get = 'GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const mine = [await RawConnection.open(app.port), await RawConnection.open(app.port)];
    for (const connection of mine) {
      connection.send(get);
      expect((await connection.answer()).status).toBe(200);
    }
    expect(await (await RawConnection.open(app.port)).closed()).toBe('');
    const other = await RawConnection.open(app.port, '127.0.0.2');
    other.send(get);
    expect((await other.answer()).status).toBe(200);
    mine[0]?.socket.destroy();
    let again: RawConnection | undefined;
    await until('the place is free again', async () => {
      again = await RawConnection.open(app.port);
      again.send(get);
      return again.answer().then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    await app.close();
  });

  it('that is refused with a closing status gets the answer and is disconnected', async () => {
    const app = await startThings({ closesAfter: [404] });
    const refused = await RawConnection.open(app.port);
    refused.send('GET /api/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await refused.answer();
    await expectProblem(answer, 404, 'not-found');
    expect(answer.headers.connection).toBe('close');
    expect(await refused.closed()).toBe('');
    const upload = await RawConnection.open(app.port);
    upload.send(UPLOAD.replace('/api/things', '/api/nothing'));
    await expectProblem(await upload.answer(), 404, 'not-found');
    expect(await upload.closed()).toBe('');
    await app.close();
  });

  it('that is idle too long is cut off', async () => {
    const app = await startThings({ limits: { ...SERVER_LIMITS, keepAliveTimeoutMs: 50, timeoutCheckMs: 50 } });
    // Without this the test would pass on Node's default as well, only later.
    expect(app.server.keepAliveTimeout).toBe(50);
    const connection = await RawConnection.open(app.port);
    connection.send('GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await connection.answer()).status).toBe(200);
    expect(await connection.closed()).toBe('');
    await app.close();
  });

  it('that stops reading its answer is cut off', async () => {
    const app = await startThings({ limits: { ...SERVER_LIMITS, idleTimeoutMs: 100 } });
    const connection = await RawConnection.open(app.port);
    connection.send('GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await connection.answer()).status).toBe(200);
    expect(await connection.closed()).toMatch(/: here/);
    await app.close();
  });
});
