import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { loadEmbedded } from './service-modules.ts';

export interface Postgres {
  readonly pid: number;
  /** Creates a schema and returns a connection string for it. */
  schema(name: string): Promise<string>;
  readonly url: string;
  query(text: string): Promise<Record<string, string>[]>;
  stop(): Promise<void>;
}

/** One server for all contestants: durable, with enough connections for all, and more memory than the embedded one. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '256MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  timezone: 'UTC',
};

export async function startPostgres(folder: string): Promise<Postgres> {
  const { openDataDir, locatePostgres, choosePostgresHome, ensureCluster, spawnGuarded } = await loadEmbedded();
  const dataDir = await openDataDir(join(folder, 'postgres'));
  const home = await choosePostgresHome({ dataDir, binaries: await locatePostgres(), log: () => undefined });
  const password = await ensureCluster(home, { durability: 'full' });
  const port = await freePort();
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const server = spawnGuarded({
    program: home.binaries.postgres,
    args: [
      '-D',
      home.data,
      ...Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    runAs: home.runAs,
    whenOrphaned: 'shut-down',
    onLine: (line) => {
      lines.push(line);
      if (line.includes('ready to accept connections')) ready.resolve();
    },
  });
  const ended = server.ended.then((end) => {
    throw new Error(`PostgreSQL ended (${end}): ${lines.slice(-5).join('\n')}`);
  });
  await Promise.race([ready.promise, ended]);
  ended.catch(() => undefined);
  const url = `postgresql://automation:${password}@127.0.0.1:${port}/automation`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    pid: server.pid ?? NaN,
    url,
    async schema(name) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
      return `${url}?options=-c%20search_path%3D${name}`;
    },
    async query(text) {
      return (await client.query<Record<string, string>>(text)).rows;
    },
    async stop() {
      await client.end();
      server.signal('SIGINT');
      await server.ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
