import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ground, Name } from './contestants.ts';
import { startContestant } from './contestants.ts';
import type { Postgres } from './postgres.ts';

const POLL_MS = 10;
const LIMIT_MS = 900_000;

/** Events per second. */
export interface RebuildRates {
  /** Into shadow tables, beside the live ones. */
  readonly rebuilt: number;
  /** Into the live tables of an empty database, batch by batch. */
  readonly filled: number;
  /** From the log, across the thread boundary, with nothing done to the events. */
  readonly read: number;
}

/** Measures a service whose read model is in a schema of its own, which is dropped afterwards. */
export async function measureRebuild(name: Name, ground: Ground, schema: string): Promise<RebuildRates> {
  const { postgres } = ground;
  const begun = beganFilling(postgres, schema);
  const service = await startContestant(name, ground, { DATABASE_SCHEMA: schema });
  let filledIn: number;
  let rebuiltIn: number;
  try {
    await caughtUp(service.url);
    filledIn = performance.now() - (await begun);
    rebuiltIn = await rebuild(postgres, schema);
  } finally {
    await service.stop();
    await postgres.query(`DROP SCHEMA ${schema} CASCADE`);
  }
  const log = await readLog(name, ground);
  const perSecond = (ms: number): number => log.events / (ms / 1_000);
  return { rebuilt: perSecond(rebuiltIn), filled: perSecond(filledIn), read: perSecond(log.ms) };
}

/** Asks the service for a rebuild and waits for the swap. Returns how long it took in ms, from when the service took it up. */
export async function rebuild(postgres: Postgres, schema: string): Promise<number> {
  const wish = `FROM ${schema}.checkpoints WHERE consumer = 'requests:rebuild'`;
  await postgres.query(`INSERT INTO ${schema}.checkpoints (consumer, version) VALUES ('requests:rebuild', 0)`);
  let begun: number | null = null;
  return poll('a rebuild', async () => {
    const [row] = await postgres.query(`SELECT version ${wish}`);
    if (row && Number(row.version) !== 0) begun ??= performance.now();
    return row ? null : performance.now() - (begun ?? performance.now());
  });
}

/** When the tables of the schema were created, as `performance.now()`. */
function beganFilling(postgres: Postgres, schema: string): Promise<number> {
  return poll('empty tables', async () => {
    const found = await postgres
      .query(`SELECT FROM ${schema}.checkpoints WHERE consumer = 'requests'`)
      .catch(() => [] as object[]);
    return found.length > 0 ? performance.now() : null;
  });
}

/** Waits until a list answers with all that the log has. */
export async function caughtUp(url: string): Promise<void> {
  await poll('a list with everything', async () => {
    const answer = await fetch(`${url}/api/v1/automation/requests?limit=1`);
    await answer.arrayBuffer();
    return (answer.ok && !answer.headers.has('automation-consistency')) || null;
  });
}

interface LogRead {
  readonly events: number;
  readonly ms: number;
}

/** Reads the whole log in a process of its own, as the service reads it. The service must not have the log open. */
export async function readLog(name: Name, { folder, node }: Ground): Promise<LogRead> {
  const where = name === 'grpc' && node ? node.connectionString : join(folder, name, 'eventstore');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'read-log.js'), name, where], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('The log could not be read.');
  return JSON.parse(text) as LogRead;
}

async function poll<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > until) throw new Error(`${what} took too long.`);
    await delay(POLL_MS);
  }
}
