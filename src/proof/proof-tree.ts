import { randomUUID } from 'node:crypto';
import { record } from '../event-sourcing/hash-chain.ts';
import { UnreadableEvent } from '../event-sourcing/codec.ts';
import type { Batch, Changes } from '../infrastructure/consumers/consumer.ts';
import type { ReadModel } from '../infrastructure/consumers/rebuild.ts';
import { ensureTables } from '../infrastructure/consumers/rebuild.ts';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { StreamTruncatedError, WrongExpectedRevisionError } from '../infrastructure/event-store/event-store.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { Queryable } from '../infrastructure/postgres/database.ts';
import { parseCheckpoint } from './c2sp/checkpoint.ts';
import { rangeHash, TreeEdge } from './c2sp/tiles.ts';
import type { Leaf, ProofEvent } from './proof-events.ts';
import { isProved, leafOf, leavesAdded, metadataOf, proofCodec, proofStreamOf } from './proof-events.ts';
import type { Growth } from './proof-state.ts';
import { ProofFold } from './proof-state.ts';
import { PROOF_TABLES, PROOF_TABLES_SQL, ProofTables, statementsOf } from './proof-tables.ts';

/** Consumer name. */
export const PROOF = 'proof';

/** Number of leaves in one event: some 130 KiB. */
const LEAVES_PER_EVENT = 500;
/** Events of the stream that are read, and stored in the tables, at once. */
const PAGE = 16;
const MAX_CONFLICTS = 5;

export interface ProofTreeParts {
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly category: string;
  readonly nowMs: () => number;
  readonly logger: Logger;
  /** The origin of checkpoints, or what it begins with. Throws while it is not known. */
  readonly origin: (db: Queryable) => Promise<string>;
  /** Checkpoints that this installation knows to have issued, from outside of the event store; null for none. */
  readonly knownCheckpoint: () => Promise<string | null>;
}

/**
 * Grows the Merkle tree of the log. Leaves are events of a stream of their own, appended at an exact revision, so no lost database changes a
 * published root, and of several instances one wins. The tables follow that stream: they are rebuilt from it, not from the events whose
 * leaves it has. See docs/adr/0019.
 */
export class ProofTree implements ReadModel {
  readonly name = PROOF;
  readonly kind = 'proof';
  readonly version = 1;
  readonly tables = PROOF_TABLES;
  readonly definition = PROOF_TABLES_SQL;
  readonly #parts: ProofTreeParts;
  readonly #stream: string;
  /** What the tables hold once the current batch is committed. */
  #fold = new ProofFold();

  constructor(parts: ProofTreeParts) {
    this.#parts = parts;
    this.#stream = proofStreamOf(parts.category);
  }

  /** Makes the tables equal to the stream, and begins an origin if there is none that may go on. */
  async prepare(db: Queryable): Promise<void> {
    const known = [await checkpointIn(db), await this.#parts.knownCheckpoint()];
    await ensureTables(this, db);
    const tables = new ProofTables(db);
    const state = await tables.state();
    this.#fold = new ProofFold(state, await TreeEdge.read(tables.readTile, state.size));
    while (await this.#catchUp(db));
    const reason = await this.#whyNewOrigin(db, known);
    if (reason !== null) await this.#beginOrigin(db, reason);
  }

  async handle(events: readonly StoredEvent[], { db, skip }: Batch): Promise<Changes | null> {
    const growth: Growth[] = [];
    const before = this.#fold.state.revision;
    // What another instance appended, or this one for a caller.
    for (const event of events) if (this.#isNews(event)) this.#add(event, growth);
    const leaves = await this.#missing(leavesOf(events, this.#parts.category, skip), db);
    for (let rest = leaves; rest.length > 0;) {
      const some = rest.slice(0, LEAVES_PER_EVENT);
      rest = await this.#grow(some, rest, growth);
    }
    if (this.#fold.state.revision === before) return null;
    return { statements: statementsOf(this.#fold.state, growth) };
  }

  #isNews({ stream, revision }: StoredEvent): boolean {
    return stream === this.#stream && revision > this.#fold.state.revision;
  }

  #add(event: StoredEvent, growth: Growth[]): void {
    const grown = this.#fold.add(event);
    if (grown) growth.push(grown);
  }

  /** The leaves of which there is none yet. An event that was read before, from the start of the log for example, has one. */
  async #missing(leaves: readonly Leaf[], db: Queryable): Promise<readonly Leaf[]> {
    const there = await new ProofTables(db).find(leaves);
    return without(leaves, there);
  }

  /** Appends leaves. Returns what is left of `all`, which begins with them. */
  async #grow(leaves: readonly Leaf[], all: readonly Leaf[], growth: Growth[]): Promise<readonly Leaf[]> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        await this.#append([leavesAdded(this.#fold.state.size, leaves)], growth);
        return all.slice(leaves.length);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError) || conflicts >= MAX_CONFLICTS) throw error;
        // Mostly a checkpoint. Leaves can only be those of an instance that had the lead before.
        const length = growth.length;
        while (await this.#readOn(growth));
        const others = growth.slice(length).flatMap((each) => each.leaves);
        if (others.length > 0) return without(all, others);
      }
    }
  }

  async #append(events: readonly ProofEvent[], growth: Growth[]): Promise<void> {
    const { revision, hash } = this.#fold.state;
    const id = randomUUID();
    const call = { principal: 'system', callId: null, correlationId: id };
    const recorded = record(proofCodec, events, { id, metadata: metadataOf(call, this.#parts.nowMs()) }, hash);
    const expectedRevision = revision < 0 ? 'no_stream' : revision;
    await this.#parts.store.append({ stream: this.#stream, expectedRevision, events: recorded.events });
    recorded.events.forEach((event, i) => {
      this.#add({ ...event, stream: this.#stream, revision: revision + 1 + i, position: 0n }, growth);
    });
  }

  /** Reads a page of the stream. False at its end. */
  async #readOn(growth: Growth[]): Promise<boolean> {
    const from = this.#fold.state.revision + 1;
    const page = await this.#parts.store.readStream({ stream: this.#stream, from, maxCount: PAGE });
    if (page.truncated) throw new StreamTruncatedError();
    for (const event of page.events) this.#add(event, growth);
    return !page.atEnd;
  }

  /** Stores a page of the stream in the tables. False at its end. */
  async #catchUp(db: Queryable): Promise<boolean> {
    const growth: Growth[] = [];
    const before = this.#fold.state.revision;
    const hasMore = await this.#readOn(growth);
    if (this.#fold.state.revision > before) await this.#keep(db, growth);
    return hasMore;
  }

  async #keep(db: Queryable, growth: readonly Growth[]): Promise<void> {
    // No ROLLBACK needed on failure: the connection is closed.
    await db.query({ text: 'BEGIN' });
    for (const { text, values } of statementsOf(this.#fold.state, growth))
      await db.query({ text, values: [...values] });
    await db.query({ text: 'COMMIT' });
  }

  /**
   * Why checkpoints cannot go on under the current origin: there is none, the configured one is another, or a checkpoint was issued that this
   * tree does not hold. Then the log was restored from a backup or imported, and a second root of the same size must not bear the same name.
   */
  async #whyNewOrigin(db: Queryable, known: readonly (string | null)[]): Promise<NewOrigin | null> {
    const wanted = await this.#parts.origin(db);
    const { origin, size, checkpoint, ended } = this.#fold.state;
    for (const note of known) {
      const issued = note === null ? null : parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
      if (note === null || issued === null || ended.includes(note)) continue;
      const isHeld = issued.size <= size && issued.root.equals(await this.#rootAt(db, issued.size));
      if (isHeld) continue;
      this.#parts.logger.warn(
        { origin: issued.origin, size: issued.size },
        'the log does not hold a checkpoint that was issued: it was restored or imported, so checkpoints get a new origin',
      );
      return { origin: `${wanted}/${randomUUID().slice(0, 8)}`, previous: note };
    }
    const goesOn = origin === wanted || origin?.startsWith(`${wanted}/`);
    return goesOn ? null : { origin: wanted, previous: checkpoint };
  }

  #rootAt(db: Queryable, size: number): Promise<Buffer> {
    return rangeHash(new ProofTables(db).readTile, { start: 0, end: size });
  }

  async #beginOrigin(db: Queryable, { origin, previous }: NewOrigin): Promise<void> {
    const growth: Growth[] = [];
    await this.#append([{ type: 'ProofOriginBegan', data: { origin, previous_checkpoint: previous } }], growth);
    await this.#keep(db, growth);
  }
}

interface NewOrigin {
  readonly origin: string;
  readonly previous: string | null;
}

/** The checkpoint that the tables know, which may be those of another log; null if there is none. */
async function checkpointIn(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ present: boolean }>({
    text: `SELECT to_regclass('proof_state') IS NOT NULL AS present`,
  });
  return rows[0]?.present ? (await new ProofTables(db).state()).checkpoint : null;
}

function leavesOf(events: readonly StoredEvent[], category: string, skip: Batch['skip']): readonly Leaf[] {
  return events.flatMap((event) => {
    if (!isProved(category, event.stream)) return [];
    try {
      return [leafOf(event)];
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      skip(event, error);
      return [];
    }
  });
}

function without(leaves: readonly Leaf[], others: readonly Leaf[]): readonly Leaf[] {
  const there = new Set(others.map(({ stream, revision }) => `${revision}@${stream}`));
  return leaves.filter(({ stream, revision }) => !there.has(`${revision}@${stream}`));
}
