import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import type { DataDir } from './data-dir.ts';
import { EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';
import { locatePostgres } from './postgres-binaries.ts';
import { DATABASE, ensureCluster, ROLE, type ClusterOptions } from './postgres-cluster.ts';
import { choosePostgresHome, type PostgresHome } from './postgres-home.ts';
import { clearRemains, type ClearOptions } from './postgres-remains.ts';
import { ServerDidNotStartError, startServer, type PostgresServer } from './postgres-server.ts';
import { PostgresSupervisor, type PostgresState } from './postgres-supervisor.ts';

export interface EmbeddedPostgresOptions {
  /** Locked: nobody else works on the files below it. */
  readonly dataDir: DataDir;
  readonly log: EmbeddedLog;
  /** Told of every change of the state after the start. */
  readonly onStateChange?: (state: PostgresState) => void;
  /** `none` is for tests: faster, and a power cut destroys the data. `full` when left out. */
  readonly durability?: ClusterOptions['durability'];
  /** For files that PostgreSQL's user cannot reach in `dataDir`, only ever needed by root; `/var/lib/automation-backend` when left out. */
  readonly systemFolder?: string;
}

export interface EmbeddedPostgres {
  /** Of the database `automation`, as its owner, with the password: not for a log. The same as long as this lives. */
  readonly url: string;
  /** For the health of the service. */
  readonly state: PostgresState;
  /** The process id of the server, or of the last one. */
  readonly pid: number;
  /** Ends the server for good; within some 9 s even when it hangs. May be called more than once. */
  stop(): Promise<void>;
}

const TRIES_FOR_A_PORT = 5;
const PROOF_LIMIT_MS = 10_000;

/**
 * Starts a PostgreSQL server of our own on files below `dataDir`, making them at the first time: about a second then,
 * about 0.2 s later. It listens on the loopback device only, on a free port. It ends with this process, whatever ends
 * that, within 5 s; when it ends by itself, it is started again on the same port.
 *
 * @throws EmbeddedPostgresError with a reason that a person can act on
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
      `PostgreSQL runs but does not let the service in: ${messageOf(error)}. Remove ${home.passwordFile}, and the next ` +
        'start sets a new password.',
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
  log('info', `PostgreSQL ${home.binaries.version} on port ${port}, process ${server.pid}, data in ${home.data}`);
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
 * The client reads `PGSSLMODE`, `PGOPTIONS` and more of what the user's shell says of other servers, and where a variable is set nothing
 * that we pass says "none". With a server of our own nothing in this process has to do with those.
 */
function forgetOtherServers(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]+$/.test(name)) delete process.env[name];
}

/** Between finding a free port and listening on it another program may take it: then with another one. */
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
      if (!(error instanceof ServerDidNotStartError) || tries === TRIES_FOR_A_PORT) throw error;
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

/** That what a caller will do works: connect with the password and ask something. */
async function prove(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROOF_LIMIT_MS });
  // A connection that breaks while nobody waits for it would otherwise end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query({ text: 'SELECT 1', query_timeout: PROOF_LIMIT_MS } as pg.QueryConfig);
  } finally {
    await client.end();
  }
}
