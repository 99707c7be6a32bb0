/** Behind a proxy everybody has its address: limits hold for the address that it forwards. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const MOST_UNDER_WAY = 400;

describe('behind one trusted proxy', () => {
  const running = useServer('engine in process', {
    AUTOMATION_TRUSTED_PROXIES: '1',
    AUTOMATION_RATE_LIMIT_UNAUTHENTICATED: '5',
  });
  const sockets: ReturnType<typeof connect>[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const guess = (address: string) => running.api.bearing('unknown').get('/pending', from(address));

  it('bad credentials count against the address added by the proxy, whatever the caller put before it', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(`198.51.100.${n}, 203.0.113.1`)));
    expect(made.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
    const refused = await guess('203.0.113.1');
    expectProblem(refused, 429, 'rate-limited');
    // The proxy's connection serves others too.
    expect(refused.headers.connection).not.toBe('close');
    expectProblem(await guess('203.0.113.2'), 401, 'unauthenticated');
    expect(await running.api.get('/health', from('203.0.113.1'))).toMatchObject({ status: 200 });
  });

  it('an IPv6 network counts as one address', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(`2001:db8:0:1::${n + 1}`)));
    expect(made.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
    expectProblem(await guess('2001:db8:0:2::1'), 401, 'unauthenticated');
  });

  it(`${MOST_UNDER_WAY} calls of one address may be in progress; others, and health checks, are served`, async () => {
    const { port } = new URL(running.server.url);
    let answered = '';
    for (let n = 0; n <= MOST_UNDER_WAY; n += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined).on('data', (bytes) => (answered += String(bytes)));
      const head = `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.3\r\n`;
      socket.write(`${head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`);
      sockets.push(socket);
    }
    await until('one is too many', () => answered.includes('HTTP/1.1 429'), 9_000);
    expectProblem(await running.api.get('/pending', from('203.0.113.3')), 429, 'rate-limited');
    expect(await running.api.get('/pending', from('203.0.113.4'))).toMatchObject({ status: 200 });
    expect(await running.api.get('/health', from('203.0.113.3'))).toMatchObject({ status: 200 });
    for (const socket of sockets) socket.destroy();
    await until(
      'its places are free again',
      async () => (await running.api.get('/pending', from('203.0.113.3'))).status === 200,
    );
  });
});
