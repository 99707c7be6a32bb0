import type pg from 'pg';
import type { DatabaseOptions } from './database.ts';
import { connect } from './database.ts';

/** Between us and the server stands what gives each statement another session of the server. */
export class NoSessionsError extends Error {
  constructor() {
    super(
      'leads to a pooler that gives each transaction another session of the server, such as PgBouncer with pool_mode = transaction. ' +
        'Who runs what is settled by locks of a session: take session pooling, or the server itself.',
    );
    this.name = 'NoSessionsError';
  }
}

const TIMEOUT_MS = 5_000;

/**
 * Throws {@link NoSessionsError} when a connection is no session of the server. Two that are open side by side then share one process of
 * the server, or one of them is led to several; with sessions neither can be. A pooler that is busy may not be found out every time.
 */
export async function proveSessions(options: DatabaseOptions): Promise<void> {
  const clients = await Promise.all([connect(options, TIMEOUT_MS), connect(options, TIMEOUT_MS)]);
  try {
    const [one, two] = clients;
    const first = await backendOf(one);
    const others = [await backendOf(two)];
    const same = [await backendOf(one), await backendOf(one)];
    if (others.includes(first) || same.some((pid) => pid !== first)) throw new NoSessionsError();
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
