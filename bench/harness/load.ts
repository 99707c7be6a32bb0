/**
 * The clients, in a separate process, so that they cost the measured ones nothing but CPU. Takes orders over IPC, one at a time.
 */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { Request } from 'autocannon';
import { machineTime } from './clock.ts';
import { quantile } from './statistics.ts';
import { SUBMISSION } from './submission.ts';

export type Traffic = 'post' | 'patch' | 'get' | 'recent' | 'list' | 'filtered' | 'search' | 'mix';

export interface LoadOrder {
  readonly kind: 'load';
  readonly url: string;
  readonly traffic: Traffic;
  readonly connections: number;
  readonly seconds: number;
  /** Ends after this many requests instead. */
  readonly amount?: number | null;
  /** Ids of requests to change, and of requests to read. */
  readonly active: readonly string[];
  readonly stored: readonly string[];
}

export interface LoadResult {
  readonly requests: number;
  /** Answers other than 2xx, and broken connections. */
  readonly errors: number;
  /** Requests per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface SubmitOrder {
  readonly kind: 'submit';
  readonly url: string;
  readonly count: number;
}

/**
 * Submits one request after the other, and polls the list for each as soon as it is acknowledged. They have their own type, so that requests
 * submitted by others do not push them off the page.
 */
export interface ProbeOrder {
  readonly kind: 'probe';
  readonly url: string;
  readonly samples: number;
  /** Whether to poll the list. Otherwise only the times of the 201s are recorded. */
  readonly look: boolean;
}

export interface ProbeResult {
  /** Milliseconds from the 201 until the list contains the request. */
  readonly visible: readonly number[];
  /** When the 201s arrived, in ms of the clock that all processes share. */
  readonly acknowledged: readonly { readonly id: string; readonly at: number }[];
}

export type Order = LoadOrder | SubmitOrder | ProbeOrder;

const REQUESTS = '/api/v1/automation/requests';
const JSON_TYPE = { 'Content-Type': 'application/json' };
let changes = 0;

const post: Request = { method: 'POST', path: REQUESTS, body: SUBMISSION, headers: JSON_TYPE };
/** Lists ask for the total too. */
const filtered: Request = {
  method: 'GET',
  path: `${REQUESTS}?status=pending&type=bug&sort=priority&limit=20&include_total=true`,
};
const list: Request = { method: 'GET', path: `${REQUESTS}?limit=20&include_total=true` };

function patch(ids: readonly string[]): Request {
  changes += 1;
  const body = JSON.stringify({ current_phase: `milestone ${changes}: endpoints` });
  return { method: 'PATCH', path: `${REQUESTS}/${one(ids)}`, body, headers: JSON_TYPE };
}

function get(ids: readonly string[]): Request {
  return { method: 'GET', path: `${REQUESTS}/${one(ids)}` };
}

function one(ids: readonly string[]): string {
  return ids[Math.floor(Math.random() * ids.length)] ?? '';
}

function next({ traffic, active, stored }: LoadOrder): Request {
  switch (traffic) {
    case 'post':
      return post;
    case 'list':
      return list;
    case 'filtered':
      return filtered;
    case 'search':
      return { method: 'GET', path: `${REQUESTS}?q=number+${Math.floor(Math.random() * 10_000)}&limit=20` };
    case 'patch':
      return patch(active);
    case 'get':
      return get(stored);
    case 'recent':
      return get(active);
    case 'mix': {
      const die = Math.random() * 10;
      return die < 1 ? post : die < 3 ? patch(active) : die < 9 ? get(stored) : list;
    }
  }
}

async function load(order: LoadOrder): Promise<LoadResult> {
  const isConstant = ['post', 'list', 'filtered'].includes(order.traffic);
  const request: Request = isConstant
    ? next(order)
    : { setupRequest: (defaults) => ({ ...defaults, body: '', headers: {}, ...next(order) }) };
  const times: number[] = [];
  let errors = 0;
  const begun = performance.now();
  let ended = begun;
  await new Promise<void>((resolve, reject) => {
    autocannon(
      {
        url: order.url,
        connections: order.connections,
        ...(order.amount ? { amount: order.amount } : { duration: order.seconds }),
        sampleInt: 50,
        timeout: 10,
        requests: [request],
      },
      (error) => (error ? reject(error) : resolve()),
    )
      .on('response', (_client, status, _bytes, milliseconds) => {
        ended = performance.now();
        if (status >= 200 && status < 300) times.push(milliseconds);
        else errors += 1;
      })
      .on('reqError', () => {
        errors += 1;
      });
  });
  const sorted = Float64Array.from(times).sort();
  return {
    requests: sorted.length,
    errors,
    rate: sorted.length / ((ended - begun) / 1_000),
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
}

const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly body: { id: string; items: { id: string }[] };
  readonly at: number;
}

function ask(url: string, { method = 'GET', path = '/', body = '', headers = {} }: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const sent = httpRequest(url + path, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject).on('end', () => {
        const at = machineTime();
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'], at });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function submit({ url, count }: SubmitOrder): Promise<string[]> {
  const ids: string[] = [];
  const worker = async (): Promise<void> => {
    while (ids.length < count) {
      const { status, body } = await ask(url, post);
      if (status !== 201) throw new Error(`POST was answered with ${status}.`);
      ids.push(body.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return ids;
}

const probed: Request = { ...post, body: SUBMISSION.replace('feature', 'research') };

async function probe({ url, samples, look }: ProbeOrder): Promise<ProbeResult> {
  const visible: number[] = [];
  const acknowledged: { id: string; at: number }[] = [];
  for (let i = 0; i < samples; i += 1) {
    const { status, body, at } = await ask(url, probed);
    if (status !== 201) throw new Error(`POST was answered with ${status}.`);
    acknowledged.push({ id: body.id, at });
    while (look) {
      const page = await ask(url, { path: `${REQUESTS}?type=research` });
      if (!page.body.items.some(({ id }) => id === body.id)) continue;
      visible.push(page.at - at);
      break;
    }
    await delay(5 + Math.random() * 10);
  }
  return { visible, acknowledged };
}

function carryOut(order: Order): Promise<LoadResult | string[] | ProbeResult> {
  switch (order.kind) {
    case 'load':
      return load(order);
    case 'submit':
      return submit(order);
    case 'probe':
      return probe(order);
  }
}

// The process that gave the orders has ended.
process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  carryOut(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
