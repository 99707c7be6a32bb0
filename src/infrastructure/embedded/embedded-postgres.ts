import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import type { DataDir } from '../process/data-dir.ts';
import { messageOf } from '../process/thrown.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';
import { locatePostgres } from './postgres-binaries.ts';
import { DATABASE, ensureCluster, ROLE, type ClusterOptions } from './postgres-cluster.ts';
import { choosePostgresHome, type PostgresHome } from './postgres-home.ts';
import { clearRemains, type ClearOptions } from './postgres-remains.ts';
import { ServerDidNotStartError, startServer, type PostgresServer } from './postgres-server.ts';
import { PostgresSupervisor, type PostgresState } from './postgres-supervisor.ts';

export interface EmbeddedPostgresOptions {
  /** Locked by this process. */
  readonly dataDir: DataDir;
  readonly log: EmbeddedLog;
  /** Called on every state change after the start. */
  readonly onStateChange?: (state: PostgresState) => void;
  /** Defaults to `full`. `none` is faster, for tests: a power failure would destroy the data. */
  readonly durability?: ClusterOptions['durability'];
  /** Where root stores files that PostgreSQL's user cannot reach in `dataDir`. Defaults to `/var/lib/automation-backend`. */
  readonly systemFolder?: string;
}

export interface EmbeddedPostgres {
  /** Connection URL of the database `automation`, including the owner's password: do not log it. It does not change. */
  readonly url: string;
  /** Reported in health. */
  readonly state: PostgresState;
  /** Process id of the current server, or of the last one. */
  readonly pid: number;
  /** Stops the server for good, within about 9 s even if it hangs. Idempotent. */
  stop(): Promise<void>;
}

const MAX_PORT_TRIES = 5;
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Starts a PostgreSQL server of our own on files in `dataDir`, creating them on first use: takes about 1 s the first time, about 0.2 s later.
 * It listens on a free port of the loopback interface. When this process ends, in whatever way, the server ends within 5 s; when the server
 * ends unexpectedly, it is restarted on the same port.
 *
 * @throws EmbeddedPostgresError with a message the operator can act on
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  forgetOtherServers();
  const cluster: ClusterOptions = { durability: options.durability ?? 'full' };
  const home = await choosePostgresHome({
    dataDir,
    binaries: await locatePostgres(),
    log,
    ...(options.systemFolder === undefined ? {} : { systemFolder: options.systemFolder }),
  });
  await clearRemains(home.data, { log });
  const password = await ensureCluster(home, cluster);
  const { server, port } = await startOnFreePort(home, cluster, { log });
  const url = `postgresql://${ROLE}:${password}@127.0.0.1:${port}/${DATABASE}`;
  try {
    await prove(url);
  } catch (error) {
    await server.stop();
    throw new EmbeddedPostgresError(
      `PostgreSQL is running but rejects the service: ${messageOf(error)}. Remove ${home.passwordFile}; the next start ` +
        'sets a new password.',
      { cause: error },
    );
  }
  const supervisor = new PostgresSupervisor(server, {
    log,
    start: async () => {
      await clearRemains(home.data, { log });
      return await startServer(home, port, cluster);
    },
    ...(options.onStateChange ? { onStateChange: options.onStateChange } : {}),
  });
  log(
    'info',
    `PostgreSQL ${home.binaries.version} is running: port ${port}, process ${server.pid}, data in ${home.data}`,
  );
  return {
    url,
    get state() {
      return supervisor.state;
    },
    get pid() {
      return supervisor.pid;
    },
    stop: () => supervisor.stop(),
  };
}

/**
 * Removes `PGSSLMODE`, `PGOPTIONS` and the like. The client reads them, and an option cannot be passed to mean "none". They are meant for
 * other servers, and with an embedded server this process connects to no other.
 */
function forgetOtherServers(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]+$/.test(name)) delete process.env[name];
}

/** Another program may take the port between finding it free and listening on it; then tries a different one. */
async function startOnFreePort(
  home: PostgresHome,
  cluster: ClusterOptions,
  clear: ClearOptions,
): Promise<{ server: PostgresServer; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return { server: await startServer(home, port, cluster), port };
    } catch (error) {
      if (!(error instanceof ServerDidNotStartError) || tries === MAX_PORT_TRIES) throw error;
      if (error.stillInUse) await clearRemains(home.data, clear);
      else if (!error.portTaken) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** Checks that the service can connect with the password and run a query. */
async function prove(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
  // Without a listener a broken connection would crash the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query({ text: 'SELECT 1', query_timeout: PROBE_TIMEOUT_MS } as pg.QueryConfig);
  } finally {
    await client.end();
  }
}
