import type pg from 'pg';
import type { DatabaseOptions } from './database.ts';
import { connect } from './database.ts';

/** A pooler between us and the server may run each transaction in a different server session. */
class NoSessionsError extends Error {
  constructor() {
    super(
      'points to a pooler that runs each transaction in a different server session, such as PgBouncer with pool_mode = transaction. ' +
        'The service depends on session locks: use session pooling, or connect to the server directly.',
    );
    this.name = 'NoSessionsError';
  }
}

const TIMEOUT_MS = 5_000;

/**
 * Throws {@link NoSessionsError} if a connection is not bound to one server session. The check opens two connections: under transaction
 * pooling they share a server process, or one of them moves between processes. A busy pooler may pass the check by chance.
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
