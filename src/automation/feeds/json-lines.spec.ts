import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Response } from 'express';
import { until } from '../../../test/support/until.ts';
import { writeJsonLines } from './json-lines.ts';

const MIB = 'x'.repeat(1024 * 1024);

describe('an answer with one JSON text a line', () => {
  const stop = new AbortController();
  let server: Server | undefined;
  let pagesRead = 0;
  let outcome: Promise<void> | undefined;

  async function* endless(): AsyncGenerator<readonly object[]> {
    for (;;) {
      pagesRead += 1;
      yield await Promise.resolve([{ text: MIB }]);
    }
  }

  /** Serves pages without an end to one client that has asked and does not read. */
  async function stuckClient(): Promise<Socket> {
    server = createServer((_, response) => {
      outcome = writeJsonLines(response as Response, endless(), stop.signal);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return socket;
  }

  /** Waits until the server has not read a page for a while. */
  async function standsStill(): Promise<number> {
    let [seen, since] = [-1, Date.now()];
    await until('no more pages are read', () => {
      if (pagesRead !== seen) [seen, since] = [pagesRead, Date.now()];
      return seen > 0 && Date.now() - since > 300;
    });
    return seen;
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('reads no further than its client does, and stops when the client leaves', async () => {
    const socket = await stuckClient();
    // What the sockets of the system hold, and two pages here.
    const held = await standsStill();
    expect(held).toBeLessThan(30);
    socket.resume();
    await until('it goes on', () => pagesRead > held + 20);
    socket.destroy();
    await expect(outcome).resolves.toBeUndefined();
    const left = await standsStill();
    expect(left).toBe(pagesRead);
  });

  it('is cut off when the service stops, so that nobody takes it for the whole', async () => {
    const socket = await stuckClient();
    await standsStill();
    stop.abort();
    await expect(outcome).resolves.toBeUndefined();
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text = (text + chunk).slice(-100)));
    await once(socket.resume(), 'close');
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});
