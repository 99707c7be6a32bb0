/** What a worker tells of itself while it lives. The service is a script, so that answers come as they are wanted. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { SERVICE_VERSION } from '../../../src/version.ts';
import { AutomationApi } from '../../../src/worker/api.ts';
import { Capacity } from '../../../src/worker/capacity.ts';
import { showSignsOfLife } from '../../../src/worker/hello.ts';
import { until } from '../../support/until.ts';

let service: Server;
let status: number;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
let heard: any[];
let capacity: Capacity;
let stop: AbortController;
let living: Promise<void>;

beforeEach(async () => {
  status = 204;
  heard = [];
  service = createServer((incoming, outgoing) => {
    void (async () => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      heard.push({ call: `${incoming.method} ${incoming.url}`, ...JSON.parse(text) });
      outgoing.writeHead(status, { Connection: 'close' }).end();
    })();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const apiUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  capacity = new Capacity(1);
  stop = new AbortController();
  const api = new AutomationApi({ apiUrl, apiKeyFile: null });
  const log = createLogger('silent');
  living = showSignsOfLife({ api, name: 'dev-1', repositories: ['acme/shop'], capacity, log }, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await living;
  capacity.close();
  service.close();
});

const hears = (state: string) => until(`it is heard to be ${state}`, () => heard.at(-1)?.state === state);

describe('a sign of life', () => {
  it('is sent at the start, and on changes', async () => {
    await hears('idle');
    expect(heard).toEqual([
      {
        call: 'POST /api/v1/automation/workers/dev-1/hello',
        version: SERVICE_VERSION,
        repositories: ['acme/shop'],
        state: 'idle',
      },
    ]);
    capacity.tryTake();
    await hears('working');
    capacity.pauseFor(60_000, { probe: true, reason: "The model's API did not respond." });
    await hears('paused');
    expect(heard.at(-1)).toMatchObject({ reason: "The model's API did not respond." });
    expect(Date.parse(heard.at(-1).until)).toBeGreaterThan(Date.now() + 50_000);
    capacity.pauseFor(Infinity, { probe: true, reason: "The agent's model does not exist." });
    await hears('locked_out');
    expect(heard.at(-1)).toMatchObject({ reason: "The agent's model does not exist." });
    expect(heard.at(-1)).not.toHaveProperty('until');
    expect(heard).toHaveLength(4);
  });

  it.each([404, 500])('that is answered %i is skipped, and the next one is sent', async (refusal) => {
    await hears('idle');
    status = refusal;
    capacity.tryTake();
    await hears('working');
    capacity.giveBack();
    await hears('idle');
    expect(heard).toHaveLength(3);
  });
});
