import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { AllStreamSubscription, StreamSubscription } from '@eventstore/db-client';
import { Bench, realServer } from './bench.ts';

export { controlsTheNode, newStream, realServer, until } from './bench.ts';

/** A bench with official clients, which are disposed of at the end of the test. */
export class NodeBench extends Bench {
  client(connectionString: string): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString(connectionString);
    this.atEnd(() => client.dispose());
    return client;
  }

  /** A client of the real server if one is given, otherwise of an in-memory node. */
  async connect(): Promise<EventStoreDBClient> {
    return this.client(realServer ?? (await this.node()).connectionString);
  }
}

/** An event whose data is its label. */
export const labelled = (label: string, id?: string) =>
  jsonEvent({ type: `type-${label}`, data: { label }, ...(id === undefined ? {} : { id }) });

export const events = (labels: string) => [...labels].map((label) => labelled(label));

/** The revisions and labels of a stream, "0:a 1:b", or the name of the error that reading it threw. */
export async function contentOf(client: EventStoreDBClient, stream: string): Promise<string> {
  const seen: string[] = [];
  try {
    for await (const { event } of client.readStream(stream)) {
      seen.push(`${event?.revision}:${(event?.data as { label: string }).label}`);
    }
  } catch (error) {
    return (error as Error).constructor.name;
  }
  return seen.join(' ');
}

/** Collects what a subscription delivers. `log` holds labels, `caughtUp` and the names of errors, in order. */
export function follow(bench: NodeBench, subscription: AllStreamSubscription | StreamSubscription) {
  const log: string[] = [];
  subscription.on('data', (resolved: { event?: { data: unknown; type: string } }) => {
    log.push((resolved.event?.data as { label?: string } | undefined)?.label ?? resolved.event?.type ?? 'nothing');
  });
  subscription.on('caughtUp', () => log.push('caughtUp'));
  subscription.on('error', (error: Error) => log.push(error.constructor.name));
  bench.atEnd(() => subscription.unsubscribe());
  return log;
}
