import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { spawnGuarded, type GuardedProcess } from './guarded-process.ts';
import type { ClusterOptions } from './postgres-cluster.ts';
import type { PostgresHome } from './postgres-home.ts';
import { settlesWithin } from './processes.ts';

/** A server that takes connections. */
export interface PostgresServer {
  /** The process id of its first process. */
  readonly pid: number;
  /** How it ended, in words, with its last lines; null when it ended well. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Ends it: open transactions are rolled back. Returns when it is gone, after at most some 9 s. */
  stop(): Promise<void>;
}

/** It ended before it took connections. */
export class ServerDidNotStartError extends EmbeddedPostgresError {
  /** Another program listens on the port. */
  readonly portTaken: boolean;
  /** Processes of an earlier server on the same folder have not all ended yet. */
  readonly stillInUse: boolean;

  constructor(message: string, lines: string) {
    super(message);
    this.portTaken = lines.includes('could not create any TCP/IP sockets');
    this.stillInUse = lines.includes('is still in use') || lines.includes('lock file "postmaster.pid" already exists');
  }
}

/** Long enough for a recovery after a crash, which redoes at most `max_wal_size`. */
const START_LIMIT_MS = 60_000;
const FAST_STOP_MS = 6_000;
const IMMEDIATE_STOP_MS = 2_000;
const LINES_KEPT = 40;

/**
 * Given on the command line and not in the data folder, so that they hold for folders made by earlier versions too.
 *
 * Sized for a laptop or a small container. Nothing is given up on safety: fsync, full-page writes and synchronous
 * commit are on. Statements, and the rows that an error would show, are never logged: they hold the texts of users.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // None: the path of a socket in a data folder may be longer than the 107 bytes there are for it.
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '64MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Nothing is replicated, and reading needs no helpers: each is a process or a larger log for nothing.
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
};

/**
 * Starts the server: about 50 ms, more after a crash. It is ready when it says so in its log.
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
    throw explain(home, port, lines, inTime ? await child.ended : `no sign of life within ${START_LIMIT_MS / 1000} s`);
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
    `PostgreSQL did not start on ${home.data}, port ${port}: ${end ?? 'it ended without an error'}. Its last words:\n${text}`,
    text,
  );
}
