/**
 * A service in small, as a process of its own, for tests that kill it: opens a data folder, starts PostgreSQL in it and
 * reports what happens as lines of JSON. Ends in good order at the line `stop` and at SIGINT; at SIGINT only after it
 * has asked PostgreSQL something that takes a while, as a service that finishes its work would.
 *
 *   node host.ts '{"dataDir":"/path"}'
 */
import { createInterface } from 'node:readline';
import pg from 'pg';
import { openDataDir } from '../../../src/infrastructure/process/data-dir.ts';
import { startEmbeddedPostgres } from '../../../src/infrastructure/embedded/embedded-postgres.ts';
import { watchParent } from '../../../src/infrastructure/process/parent-watch.ts';

export interface HostOptions {
  dataDir: string;
  systemFolder?: string;
  /** Only takes the lock of the data folder. */
  lockOnly?: boolean;
}

function tell(event: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
}

async function main(options: HostOptions): Promise<void> {
  const dataDir = await openDataDir(options.dataDir);
  const postgres = options.lockOnly
    ? undefined
    : await startEmbeddedPostgres({
        dataDir,
        log: (level, message) => {
          tell('log', { level, message });
        },
        onStateChange: (state) => {
          tell('state', { state });
        },
        ...(options.systemFolder === undefined ? {} : { systemFolder: options.systemFolder }),
      });

  async function stop(): Promise<void> {
    await postgres?.stop();
    await dataDir.release();
    tell('stopped');
    process.exit(0);
  }
  watchParent({
    onOrphaned: () => {
      tell('orphaned');
      void stop();
    },
  });
  process.on('SIGINT', () => {
    void ask(postgres?.url ?? '').then(
      () => {
        tell('answered');
        void stop();
      },
      (error: unknown) => {
        tell('unanswered', { message: String(error) });
        void stop();
      },
    );
  });
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'stop') void stop();
  });
  tell('ready', { pid: process.pid, ppid: process.ppid, url: postgres?.url, postgres: postgres?.pid });
}

async function ask(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SELECT pg_sleep(0.5)');
  await client.end();
}

main(JSON.parse(process.argv[2] ?? '{}') as HostOptions).catch((error: unknown) => {
  const { name, message } = error as Error;
  tell('error', { name, message });
  process.exit(1);
});
