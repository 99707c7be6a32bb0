import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { AllStreamSubscription, StreamSubscription } from '@eventstore/db-client';
import { EmbeddedEventStoreDB } from 'embedded-eventstoredb';
import type { EmbeddedEventStoreDBOptions } from 'embedded-eventstoredb';

/** The connection string of a real server to run the tests against instead of the embedded node. */
export const realServer = process.env.TEST_EVENTSTORE_CONNECTION_STRING;

/** For tests that start, stop or kill the node, which only the embedded one allows. */
export const controlsTheNode = realServer === undefined;

/** Clients, nodes and directories of one test; `clean` disposes of all of them. */
export class NodeBench {
  readonly #cleanUps: (() => unknown)[] = [];

  /** Runs `undo` at the end of the test, last added first. */
  atEnd(undo: () => unknown): void {
    this.#cleanUps.push(undo);
  }

  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-'));
    this.atEnd(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    return directory;
  }

  async node(options: EmbeddedEventStoreDBOptions = { inMemory: true }): Promise<EmbeddedEventStoreDB> {
    const node = await EmbeddedEventStoreDB.start(options);
    this.atEnd(() => node.stop());
    return node;
  }

  client(connectionString: string): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString(connectionString);
    this.atEnd(() => client.dispose());
    return client;
  }

  /** A client of the real server if one is given, else of a node in memory. */
  async connect(): Promise<EventStoreDBClient> {
    return this.client(realServer ?? (await this.node()).connectionString);
  }

  async clean(): Promise<void> {
    for (const undo of this.#cleanUps.splice(0).reverse()) await undo();
  }
}

let streams = 0;

/** A stream name that nothing else uses, also on a server that holds other data. */
export const newStream = (name = 's'): string => `${name}${process.pid}x${Date.now().toString(36)}x${++streams}`;

/** An event whose data tell its label. */
export const labelled = (label: string, id?: string) =>
  jsonEvent({ type: `type-${label}`, data: { label }, ...(id === undefined ? {} : { id }) });

export const events = (labels: string) => [...labels].map((label) => labelled(label));

/** Polls until the condition holds; throws after the limit, naming what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await condition());) {
    if (Date.now() > end) throw new Error(`Waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The revisions and labels of a stream, "0:a 1:b", or the name of the error that reading it gave. */
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
