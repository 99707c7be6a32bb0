import { afterAll, beforeAll } from '@jest/globals';
import { randomBytes } from 'node:crypto';
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
 * as a separate process, used under a unique name.
 */
export async function prepareGround(way: Way): Promise<Ground> {
  const env: Record<string, string> = { EVENTSTORE_STREAM_CATEGORY: `e2e_${randomBytes(5).toString('hex')}` };
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
