import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { DatabaseOptions, Queryable } from '../postgres/database.ts';
import { connect } from '../postgres/database.ts';

/** How often one that waits asks again, and how often the connection of the one that leads is proved alive. */
const ASK_EVERY_MS = 1_000;
/** Of each statement of a runner; a batch is far below it. */
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * The right to run a consumer: a session lock of Postgres, held by a connection that also carries the consumer's statements. So
 * whoever loses the connection loses lock and write access at once, and the server frees the lock of a process that died.
 */
export interface Leadership {
  readonly db: Queryable;
  /** Aborted when the connection is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Waits until this process may run `consumer`. `onStandby` is told when another instance runs it. Throws what connecting throws, and
 * an AbortError once `signal` is aborted.
 */
export type Lead = (
  consumer: string,
  signal: AbortSignal,
  onStandby: (db: Queryable) => Promise<void>,
) => Promise<Leadership>;

/** Leads by a session lock in this database, one for each schema and consumer. */
export function leadIn(options: DatabaseOptions): Lead {
  return async (consumer, signal, onStandby) => {
    const client = await connect(options, STATEMENT_TIMEOUT_MS);
    const lost = new AbortController();
    client.once('error', () => lost.abort());
    client.once('end', () => lost.abort());
    const release = async (): Promise<void> => {
      clearInterval(pulse);
      await client.end().catch(() => undefined);
    };
    // A connection whose other end is gone without a word shows only when it is used.
    const pulse = setInterval(() => void client.query('SELECT 1').catch(() => lost.abort()), ASK_EVERY_MS * 2).unref();
    try {
      // The log is the truth: what a crash of Postgres takes from the end of the read model is projected again.
      await client.query('SET synchronous_commit = off');
      const key = lockKey(options.schema, consumer);
      while (!(await tryLock(client, key))) {
        await onStandby(client);
        await delay(ASK_EVERY_MS, undefined, { signal, ref: false });
      }
      return { db: client, lost: lost.signal, release };
    } catch (error) {
      await release();
      throw error;
    }
  };
}

async function tryLock(client: pg.Client, key: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [key]);
  return rows[0]?.locked === true;
}

/** 64 bits of the name, signed as Postgres wants them. */
function lockKey(schema: string, consumer: string): string {
  return createHash('sha256').update(`${schema}\n${consumer}`).digest().readBigInt64BE(0).toString();
}
