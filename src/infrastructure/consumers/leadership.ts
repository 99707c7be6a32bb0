import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Copy } from '../postgres/copy.ts';
import { copyInto } from '../postgres/copy.ts';
import type { DatabaseOptions, Queryable } from '../postgres/database.ts';
import { connect } from '../postgres/database.ts';

/** How often a standby tries to take the lock, in ms. The connection is checked half as often. */
const ASK_EVERY_MS = 1_000;
/** Timeout of a runner's statements; a batch takes far less. */
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * The right to run a consumer: a PostgreSQL session lock. The connection that holds it also runs the consumer's statements, so losing
 * the connection means losing the lock and write access together. If a process dies, the server releases its lock.
 */
export interface Leadership {
  readonly db: Queryable;
  /** Inserts rows on the same connection by COPY. */
  copy(rows: Copy): Promise<void>;
  /** Aborted when the connection is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Waits until this process may run `consumer`. Calls `onStandby` after each failed attempt, while another instance runs it. Throws
 * connection errors, and an AbortError when `signal` is aborted.
 */
export type Lead = (
  consumer: string,
  signal: AbortSignal,
  onStandby: (db: Queryable) => Promise<void>,
) => Promise<Leadership>;

/** Uses session locks in this database, one per schema and consumer. */
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
    // A half-open connection is noticed only when it is used.
    const pulse = setInterval(() => void client.query('SELECT 1').catch(() => lost.abort()), ASK_EVERY_MS * 2).unref();
    try {
      // Safe, because the log is the source of truth: commits lost in a crash of PostgreSQL are projected again.
      await client.query('SET synchronous_commit = off');
      const key = lockKey(options.schema, consumer);
      while (!(await tryLock(client, key))) {
        await onStandby(client);
        await delay(ASK_EVERY_MS, undefined, { signal, ref: false });
      }
      return { db: client, copy: (rows) => copyInto(client, rows), lost: lost.signal, release };
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

/** The first 64 bits of the SHA-256 of schema and consumer, as the signed integer that advisory locks take. */
function lockKey(schema: string, consumer: string): string {
  return createHash('sha256').update(`${schema}\n${consumer}`).digest().readBigInt64BE(0).toString();
}
