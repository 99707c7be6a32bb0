import type pg from 'pg';
import type { Consumer } from '../../infrastructure/consumers/consumer.ts';
import { readCheckpoint } from '../../infrastructure/consumers/checkpoints.ts';
import type { RebuildFault } from '../../infrastructure/consumers/rebuild.ts';
import { isReadModel, rebuildFault, requestRebuild } from '../../infrastructure/consumers/rebuild.ts';
import { rebuildOf } from '../../infrastructure/consumers/shadow.ts';
import { DatabaseUnavailableError } from '../../infrastructure/postgres/database.ts';
import type { AuditTrail, BegunAction, OperatorCall } from '../audit/audit-trail.ts';

/** The latest rebuild of a read model. */
export interface Rebuild {
  /**
   * `none`: nobody has asked for one yet. `waiting`: the instance that runs the read model will begin within seconds. `stopped`: at an event
   * that cannot be handled; another request goes on from there.
   */
  readonly state: 'none' | 'waiting' | 'running' | 'stopped' | 'finished';
  /** The position of the log up to which events are in the new tables. */
  readonly done: number;
  /** The position up to which they are in the live tables. */
  readonly total: number;
  /** When it is expected to end, ISO 8601; null if that is not known. */
  readonly eta: string | null;
  readonly stopped_at: RebuildFault | null;
}

/** A rebuild is under way, or the consumer has nothing that can be rebuilt. */
class RebuildConflict extends Error {
  readonly code = 'conflict';
}

const UNDER_WAY = 'A rebuild of this projection is under way.';

/** Rebuilds that operators ask for. Whichever instance runs the read model carries them out. */
export class Rebuilds {
  readonly #database: pg.Pool;
  readonly #audit: AuditTrail;
  readonly #nowMs: () => number;

  constructor(database: pg.Pool, audit: AuditTrail, nowMs: () => number) {
    this.#database = database;
    this.#audit = audit;
    this.#nowMs = nowMs;
  }

  /**
   * Asks for a rebuild, and records who asks and why. True if an earlier call with the same `Idempotency-Key` did. Throws
   * {@link RebuildConflict}, `DatabaseUnavailableError`, `EventStoreUnavailableError` and `IdempotencyKeyReused`.
   */
  async request(
    consumer: Consumer,
    reason: string | null,
    call: OperatorCall,
  ): Promise<{ readonly replayed: boolean }> {
    const { name } = consumer;
    if (!isReadModel(consumer) || !consumer.twin) {
      throw new RebuildConflict('This projection keeps what the log cannot give again, so it cannot be rebuilt.');
    }
    if (await this.#audit.recall(call)) return { replayed: true };
    if (await this.#isUnderWay(name)) throw new RebuildConflict(UNDER_WAY);
    const begun = await this.#audit.begin({ name: 'Rebuild', target: name, reason }, call);
    try {
      await this.#ask(consumer, begun);
    } catch (error) {
      await this.#audit.end(begun, { error }).catch(() => undefined);
      throw error;
    }
    return { replayed: false };
  }

  /** `live` is the position of the live tables; `etaMs` how long the rebuild will take from now on. */
  async read(name: string, live: string | null, etaMs: number | null): Promise<Rebuild> {
    const total = Number(live ?? 0);
    const checkpoint = await readCheckpoint(this.#database, rebuildOf(name));
    if (!checkpoint) {
      const text = 'SELECT ended_at IS NOT NULL AS is_recorded FROM rebuilds WHERE consumer = $1';
      const { rows } = await this.#database.query<{ is_recorded: boolean }>({ text, values: [name] });
      const [latest] = rows;
      // Another one can be asked for as soon as the end of this one is recorded.
      const state = !latest ? 'none' : latest.is_recorded ? 'finished' : 'running';
      return { state, done: latest ? total : 0, total, eta: null, stopped_at: null };
    }
    const done = Number(checkpoint.position ?? 0);
    const stopped_at = await rebuildFault(this.#database, name);
    const state = stopped_at ? 'stopped' : checkpoint.version === 0 ? 'waiting' : 'running';
    const eta = etaMs === null || stopped_at ? null : new Date(this.#nowMs() + etaMs).toISOString();
    return { state, done, total: Math.max(total, done), eta, stopped_at };
  }

  /** Records that a rebuild has ended or stopped, if one was asked for. To be called by the instance that runs the consumer. */
  async recordEnd(name: string): Promise<void> {
    const { rows } = await this.#database.query<{ action: BegunAction; is_stopped: boolean }>({
      name: 'ended-rebuild',
      text: `SELECT action, checkpoints.consumer IS NOT NULL AS is_stopped
        FROM rebuilds LEFT JOIN checkpoints ON checkpoints.consumer = $2
        WHERE rebuilds.consumer = $1 AND ended_at IS NULL AND (checkpoints.consumer IS NULL OR fault IS NOT NULL)`,
      values: [name, rebuildOf(name)],
    });
    const [ended] = rows;
    if (!ended) return;
    const live = await readCheckpoint(this.#database, name);
    await this.#audit.end(
      ended.action,
      ended.is_stopped
        ? { error: { code: 'event-not-handled' } }
        : { result: { position: live?.position?.toString() ?? null } },
    );
    const text = 'UPDATE rebuilds SET ended_at = now() WHERE consumer = $1 AND action = $2';
    await this.#database.query({ text, values: [name, JSON.stringify(ended.action)] });
  }

  /** One that stopped goes on when it is asked for again. */
  async #isUnderWay(name: string): Promise<boolean> {
    try {
      const checkpoint = await readCheckpoint(this.#database, rebuildOf(name));
      return checkpoint !== null && (await rebuildFault(this.#database, name)) === null;
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
  }

  /** Throws {@link RebuildConflict} when another call was faster. */
  async #ask(consumer: Consumer, begun: BegunAction): Promise<void> {
    let isFirst: boolean;
    try {
      isFirst = await this.#note(consumer, begun);
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
    if (!isFirst) throw new RebuildConflict(UNDER_WAY);
  }

  async #note(consumer: Consumer, begun: BegunAction): Promise<boolean> {
    const client = await this.#database.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const { rowCount } = await client.query({
        text: `INSERT INTO rebuilds (consumer, action) VALUES ($1, $2)
          ON CONFLICT (consumer) DO UPDATE SET action = excluded.action, ended_at = NULL WHERE rebuilds.ended_at IS NOT NULL`,
        values: [consumer.name, JSON.stringify(begun)],
      });
      if (rowCount === 1) await requestRebuild(client, consumer);
      await client.query('COMMIT');
      return rowCount === 1;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      // A connection on which the transaction failed is closed.
      client.release(failure);
    }
  }
}
