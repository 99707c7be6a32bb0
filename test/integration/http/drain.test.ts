import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../support/until.ts';
import { expectProblem } from './problems.ts';
import { RawConnection } from './raw-http.ts';
import { gate, startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const POKE = 'POST /api/things/0190a0a0-0000-7000-8000-00000000000f/poke HTTP/1.1\r\nHost: localhost\r\n\r\n';
const GET = 'GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** Never reached where draining goes well. */
const LONG_MS = 30_000;

let app: ThingsApp;
let open: () => void;
beforeEach(async () => {
  app = await startThings();
  gate.entered = 0;
  gate.opened = new Promise((resolve) => (open = resolve));
});
afterEach(async () => {
  open();
  await app.close();
});

/** A request that its handler holds until the gate opens. */
const held = async (): Promise<RawConnection> => {
  const connection = await RawConnection.open(app.port);
  const before = gate.entered;
  connection.send(POKE);
  await until('the handler holds it', () => gate.entered > before);
  return connection;
};

describe('draining', () => {
  it('lets requests in progress finish, and closes their connections', async () => {
    const connection = await held();
    const cut = app.http.drain(LONG_MS);
    open();
    expect(await connection.answer()).toMatchObject({ status: 200 });
    expect(await connection.closed()).toBe('');
    expect(await cut).toBe(0);
  });

  it('accepts no new connection, and answers 503 on old ones', async () => {
    const busy = await held();
    const other = await held();
    const cut = app.http.drain(LONG_MS);
    await expect(fetch(`${app.url}/api/things`)).rejects.toThrow();
    other.send(GET);
    await until('it has arrived', () => app.http.inFlight() === 3);
    open();
    expect(await other.answer()).toMatchObject({ status: 200 });
    const refused = await other.answer();
    await expectProblem(refused, 503, 'shutting-down');
    expect(refused.headers.connection).toBe('close');
    expect(await busy.answer()).toMatchObject({ status: 200 });
    expect(await cut).toBe(0);
  });

  it('does not wait for idle connections', async () => {
    const silent = await RawConnection.open(app.port);
    const idle = await RawConnection.open(app.port);
    idle.send(GET);
    expect(await idle.answer()).toMatchObject({ status: 200 });
    expect(await app.http.drain(LONG_MS)).toBe(0);
    await Promise.all([silent.closed(), idle.closed()]);
  });

  it('asks endless answers to end', async () => {
    const stream = await RawConnection.open(app.port);
    stream.send('GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
    expect(await stream.answer()).toMatchObject({ status: 200 });
    expect(app.http.draining.aborted).toBe(false);
    expect(await app.http.drain(LONG_MS)).toBe(0);
    expect(await stream.closed()).toMatch(/: here/);
  });

  it('cuts off what is unfinished at the limit, such as a stalled upload', async () => {
    const stalled = await RawConnection.open(app.port);
    stalled.send(
      'POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await until('it has arrived', () => app.http.inFlight() === 1);
    expect(await app.http.drain(50)).toBe(1);
    await stalled.closed();
  });

  it('can be requested twice', async () => {
    const connection = await held();
    const [first, second] = [app.http.drain(LONG_MS), app.http.drain(0)];
    open();
    expect(await Promise.all([first, second])).toEqual([0, 0]);
    await connection.closed();
  });
});
