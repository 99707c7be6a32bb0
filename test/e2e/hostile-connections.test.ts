import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { expectRequestAnswer } from '../support/contract.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const EACH = 40;
const POST = `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
const GET = `GET ${BASE}/pending HTTP/1.1\r\nHost: localhost\r\n`;

/** What connections begin with that mean no good, or no end. The second part is said again and again. */
const ATTACKS: readonly (readonly [what: string, begin: string, goOn: string])[] = [
  ['headers that never end', `${GET}X-0: `, 'a'],
  ['more headers than anyone needs', GET, `X-Bomb: ${'x'.repeat(4_000)}\r\n`],
  ['a body that never comes', `${POST}Content-Length: 1000\r\n\r\n{`, ''],
  ['a body a byte at a time', `${POST}Content-Length: 100000\r\n\r\n{`, ' '],
  ['chunks without an end', `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '1\r\n \r\n'],
  ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, '{}'],
  ['a length and chunks', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`, '0\r\n\r\n'],
  ['no HTTP', 'hello\r\n\r\n', '\x16\x03\x01'],
  ['nothing at all', '', ''],
];

const running = useServer('engine in process');

describe('hostile connections', () => {
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(running.server.url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };

  it(`${EACH} of each kind at once do not affect another client`, async () => {
    let isOver = false;
    const attacks = ATTACKS.flatMap(([, begin, goOn]) =>
      Array.from({ length: EACH }, async () => {
        const socket = await open();
        socket.write(begin);
        while (!isOver && socket.writable) {
          if (goOn !== '') socket.write(goOn);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );
    await until('they are there', () => sockets.length === EACH * ATTACKS.length);
    for (let round = 0; round < 20; round += 1) {
      const submitted = await running.api.post('/requests', { type: 'bug', title: `Round ${round}`, description: 'a' });
      expectRequestAnswer(submitted, 201);
      const id = submitted.body.id as string;
      const claim = await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
      expect(claim.status).toBe(201);
      expectRequestAnswer(await running.api.patch(`/requests/${id}/status`, { status: 'implementing' }));
      expect((await running.api.get(`/requests?q=round+${round}`)).body.items[0]).toMatchObject({ id });
    }
    isOver = true;
    await Promise.all(attacks);
  });

  it('a hundred pipelined calls are answered in order, while others are served', async () => {
    const { id } = await running.api.submit();
    const socket = await open();
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
    const patch = (n: number): string => {
      const body = JSON.stringify({ current_phase: `phase ${n}` });
      const head = `PATCH ${BASE}/requests/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
      return `${head}X-Correlation-Id: piece-${n}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    socket.write(Array.from({ length: 100 }, (_, n) => patch(n)).join(''));
    expectRequestAnswer(await running.api.get(`/requests/${id}`));
    await until('all are answered', () => text.split('HTTP/1.1 200 OK').length === 101);
    const order = [...text.matchAll(/X-Correlation-Id: piece-(\d+)/g)].map(([, n]) => Number(n));
    expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(await running.api.request(id)).toMatchObject({ current_phase: 'phase 99', version: 100 });
  });

  it('leave nothing behind', async () => {
    expect((await running.api.get('/health')).body.status).toBe('ok');
    expect(running.server.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});

describe('an address that takes every connection it can get', () => {
  it('leaves enough for others', async () => {
    const { hostname, port } = new URL(running.server.url);
    const sockets = Array.from({ length: 1_030 }, () => {
      const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.1' });
      return socket.on('error', () => undefined).resume();
    });
    try {
      await until('what is too much is closed', () => sockets.filter(({ closed }) => closed).length >= 600);
      const other = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.2' });
      other.write(`GET ${BASE}/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      let answer = '';
      for await (const bytes of other) answer += String(bytes);
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});
