import { afterAll, beforeAll } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Api } from './api.ts';
import { EventStoreNode } from './event-store-node.ts';
import type { Environment } from './server.ts';
import { Server } from './server.ts';

/** Where the service keeps its log. Callers see no difference. */
export const WAYS = ['engine in process', 'node over gRPC'] as const;
export type Way = (typeof WAYS)[number];

/** What a server needs besides itself, and how to stop it. */
export interface Ground {
  readonly env: Environment;
  dispose(): Promise<void>;
}

/**
 * Prepares the event store: nothing for the log in process, otherwise the one named by TEST_EVENTSTORE_CONNECTION_STRING or an embedded node
 * as a separate process. PostgreSQL is the service's own unless TEST_DATABASE_URL is set. What is shared is used under unique names.
 */
export async function prepareGround(way: Way): Promise<Ground> {
  const run = randomBytes(5).toString('hex');
  const database = process.env.TEST_DATABASE_URL;
  const env: Record<string, string> = {
    EVENTSTORE_STREAM_CATEGORY: `e2e_${run}`,
    ...(database ? { DATABASE_URL: database, DATABASE_SCHEMA: `e2e_${run}` } : {}),
  };
  let node: EventStoreNode | undefined;
  if (way === 'node over gRPC') {
    const given = process.env.TEST_EVENTSTORE_CONNECTION_STRING;
    if (!given) node = await EventStoreNode.create();
    env.EVENTSTORE_CONNECTION_STRING = given ?? node?.connectionString ?? '';
  }
  return {
    env,
    async dispose() {
      await node?.dispose();
      if (database) await dropSchema(database, `e2e_${run}`);
    },
  };
}

/** A server for all tests of the `describe` that calls this. The result can be used inside tests. */
export function useServer(
  way: Way = 'engine in process',
  env: Environment = {},
): { readonly server: Server; readonly api: Api } {
  let ground: Ground | undefined;
  let server: Server | undefined;
  beforeAll(async () => {
    ground = await prepareGround(way);
    server = await Server.start({ ...ground.env, ...env });
  });
  afterAll(async () => {
    await server?.dispose();
    await ground?.dispose();
  });
  const running = (): Server => {
    if (!server) throw new Error('The server is only running inside tests.');
    return server;
  };
  return {
    get server() {
      return running();
    },
    get api() {
      return running().api;
    },
  };
}

async function dropSchema(url: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`).finally(() => client.end());
}
