/** What a heartbeat that the service refuses does to the run. The service is a script, so that answers come as they are wanted. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { AutomationApi } from '../../../src/worker/api.ts';
import type { Lease, LeaseEnd } from '../../../src/worker/lease.ts';
import { holdLease } from '../../../src/worker/lease.ts';
import { until } from '../../support/until.ts';

const FIGURES = { num_turns: 3, cost_usd: 0.5 };

let service: Server;
let lease: Lease;
/** Of each heartbeat. */
let bodies: object[];
let statusOf: (body: object) => number;
let beats: number;
let ends: LeaseEnd[];

beforeEach(async () => {
  bodies = [];
  beats = 0;
  ends = [];
  service = createServer((incoming, outgoing) => {
    void (async () => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const body = JSON.parse(text) as object;
      bodies.push(body);
      const status = statusOf(body);
      outgoing
        .writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
        .end(JSON.stringify(status === 200 ? { directives: [] } : { code: 'validation' }));
    })();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
});
afterEach(async () => {
  await lease.stop();
  service.closeAllConnections();
  service.close();
});

function hold(): void {
  const apiUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  lease = holdLease({
    api: new AutomationApi({ apiUrl, apiKeyFile: null }),
    log: createLogger('silent'),
    requestId: '0197f9b0-0000-7000-8000-000000000000',
    attempt: 1,
    attemptToken: 'token',
    leaseSeconds: 6,
    correlationId: null,
    figures: () => FIGURES,
    onBeat: () => (beats += 1),
    onEnd: (reason) => ends.push(reason),
  });
}

describe('a heartbeat that is refused with 400', () => {
  it('is sent again without its figures, which keeps the lease', async () => {
    statusOf = (body) => ('cost_usd' in body ? 400 : 200);
    hold();
    await until('it is renewed twice', () => beats === 2);
    expect(bodies).toEqual([FIGURES, {}, {}]);
    expect(ends).toEqual([]);
  });

  it('without figures too ends the lease', async () => {
    statusOf = () => 400;
    hold();
    await until('it ends', () => ends.length > 0);
    expect(ends).toEqual(['lease-lost']);
    expect(bodies).toEqual([FIGURES, {}]);
  });
});
