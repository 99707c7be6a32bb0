import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { LoadOrder, LoadResult, ProbeOrder, ProbeResult, SubmitOrder } from './load.ts';
import { nextMessage, order } from './orders.ts';
import type { QueueOrder } from './queue.ts';

/** A process of clients. It executes one order at a time. */
export interface Clients {
  load(options: Omit<LoadOrder, 'kind'>): Promise<LoadResult>;
  /** Submits requests and returns their ids. */
  submit(options: Omit<SubmitOrder, 'kind'>): Promise<string[]>;
  probe(options: Omit<ProbeOrder, 'kind'>): Promise<ProbeResult>;
  stop(): void;
}

export function startClients(): Clients {
  const child = fork(join(import.meta.dirname, 'load.js'));
  return {
    load: (options) => order(child, { kind: 'load', ...options }),
    submit: (options) => order(child, { kind: 'submit', ...options }),
    probe: (options) => order(child, { kind: 'probe', ...options }),
    stop: () => child.disconnect(),
  };
}

/** The process of the queue. */
export interface QueueProcess {
  readonly pid: number;
  /** Environment variables that make a service use it. */
  readonly environment: Readonly<Record<string, string>>;
  /** When the message for each request arrived, in ms of `machineTime`; null if none did. */
  arrivals(ids: readonly string[]): Promise<(number | null)[]>;
  /** Milliseconds from a call of the SDK until the message arrives. */
  ownLatency(): Promise<number>;
  empty(): Promise<void>;
  stop(): void;
}

const CREDENTIALS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };

export async function startQueue(): Promise<QueueProcess> {
  const child = fork(join(import.meta.dirname, 'queue.js'), { env: { ...process.env, ...CREDENTIALS } });
  const { endpoint, queueUrl } = await nextMessage<{ endpoint: string; queueUrl: string }>(child);
  const send = <T>(message: QueueOrder): Promise<T> => order(child, message);
  return {
    pid: child.pid ?? NaN,
    environment: { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint, AWS_SQS_AUTOMATION_QUEUE_URL: queueUrl },
    arrivals: (ids) => send({ kind: 'arrivals', ids }),
    ownLatency: () => send({ kind: 'own-latency' }),
    empty: () => send({ kind: 'empty' }),
    stop: () => child.disconnect(),
  };
}
