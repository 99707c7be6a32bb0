import { spawnGuarded, type GuardedProcess } from '../process/guarded-process.ts';
import { settlesWithin } from '../process/processes.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { ClusterOptions } from './postgres-cluster.ts';
import type { PostgresHome } from './postgres-home.ts';

/** A server that accepts connections. */
export interface PostgresServer {
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Resolves when the server has ended: null on success, otherwise how it ended and its last log lines. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Stops the server and rolls back open transactions. Resolves when it has ended, after about 9 s at most. */
  stop(): Promise<void>;
}

/** The server ended before it accepted connections. */
export class ServerDidNotStartError extends EmbeddedPostgresError {
  /** Another program is listening on the port. */
  readonly portTaken: boolean;
  /** Processes of an earlier server on the same folder are still running. */
  readonly stillInUse: boolean;

  constructor(message: string, lines: string) {
    super(message);
    this.portTaken = lines.includes('could not create any TCP/IP sockets');
    this.stillInUse = lines.includes('is still in use') || lines.includes('lock file "postmaster.pid" already exists');
  }
}

/** Long enough for crash recovery, which replays at most `max_wal_size`. */
const START_LIMIT_MS = 60_000;
const FAST_STOP_MS = 6_000;
const IMMEDIATE_STOP_MS = 2_000;
const LINES_KEPT = 40;

/**
 * Passed on the command line rather than stored in the data folder, so that they also apply to folders created by earlier versions.
 *
 * Sized for a laptop or a small container. Durability is not reduced: fsync, full-page writes and synchronous commit are on. Statements, and
 * the rows an error message would show, are never logged, because they contain users' texts.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No Unix socket: its path in a data folder may exceed the limit of 107 bytes.
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '64MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // No replication and no I/O workers: they would cost processes and a larger WAL for no benefit.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_checkpoints: 'off',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // The services of several files of tests share it.
  max_connections: '300',
};

/**
 * Starts the server, which takes about 50 ms, more after a crash. It is ready when its log says so.
 *
 * @throws ServerDidNotStartError with the last lines of its log
 */
export async function startServer(home: PostgresHome, port: number, options: ClusterOptions): Promise<PostgresServer> {
  const settings = { ...SETTINGS, port: String(port), ...(options.durability === 'none' ? NOT_DURABLE : {}) };
  const lines: string[] = [];
  const readiness = Promise.withResolvers<void>();
  let isReady = false;
  const child = spawnGuarded({
    program: home.binaries.postgres,
    args: ['-D', home.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    runAs: home.runAs,
    whenOrphaned: 'shut-down',
    onLine: (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      if (!line.includes('database system is ready to accept connections')) return;
      isReady = true;
      readiness.resolve();
    },
  });
  const ended = child.ended.then((end) => (end === null ? null : [end, ...lines.slice(-10)].join('\n')));
  const inTime = await settlesWithin(Promise.race([readiness.promise, ended]), START_LIMIT_MS);
  if (!isReady || child.pid === undefined) {
    await stop(child);
    throw explain(home, port, lines, inTime ? await child.ended : `not ready within ${START_LIMIT_MS / 1000} s`);
  }
  return { pid: child.pid, ended, stop: () => stop(child) };
}

async function stop(child: GuardedProcess): Promise<void> {
  child.signal('SIGINT');
  if (await settlesWithin(child.ended, FAST_STOP_MS)) return;
  child.signal('SIGQUIT');
  if (await settlesWithin(child.ended, IMMEDIATE_STOP_MS)) return;
  child.signal('SIGKILL');
  await child.ended;
}

function explain(
  home: PostgresHome,
  port: number,
  lines: readonly string[],
  end: string | null,
): ServerDidNotStartError {
  const text = lines.slice(-15).join('\n');
  return new ServerDidNotStartError(
    `PostgreSQL did not start on ${home.data}, port ${port}: ${end ?? 'it ended without an error'}. Last log lines:\n${text}`,
    text,
  );
}
