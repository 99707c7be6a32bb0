/** The tree of the log and its tables, in a real PostgreSQL. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { EventCodec } from '../../../src/event-sourcing/codec.ts';
import { record } from '../../../src/event-sourcing/hash-chain.ts';
import { MemoryStreams } from '../../../src/event-sourcing/testing/memory-streams.ts';
import { commit, readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import type { DatabaseOptions } from '../../../src/infrastructure/postgres/database.ts';
import { connect } from '../../../src/infrastructure/postgres/database.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { parseCheckpoint } from '../../../src/proof/c2sp/checkpoint.ts';
import { leafHash } from '../../../src/proof/c2sp/merkle.ts';
import { openNote, parseVerifierKey } from '../../../src/proof/c2sp/signed-note.ts';
import { rangeHash, TreeEdge } from '../../../src/proof/c2sp/tiles.ts';
import { entryOf, leafOf, proofStreamOf } from '../../../src/proof/proof-events.ts';
import { ProofSigner } from '../../../src/proof/proof-signer.ts';
import { ProofTables } from '../../../src/proof/proof-tables.ts';
import { ProofTree } from '../../../src/proof/proof-tree.ts';
import { sharedDatabase } from '../../support/postgres.ts';

const CATEGORY = 'things';
const STREAM = proofStreamOf(CATEGORY);
const codec = new EventCodec<{ type: 'Done'; data: object }>({ Done: 'Done' });
const logger = createLogger('silent');
const call = { principal: 'somebody', callId: null, correlationId: 'c' };

let database: DatabaseOptions;
let db: pg.Client;
let store: MemoryStreams;
let folder: string;

beforeAll(async () => {
  database = { url: sharedDatabase(), schema: `test_${randomBytes(6).toString('hex')}` };
  await migrate(database, logger);
  db = await connect(database, 10_000);
  folder = await mkdtemp(join(tmpdir(), 'automation-proof-'));
});
afterAll(async () => {
  await db.query(`DROP SCHEMA ${database.schema} CASCADE`);
  await db.end();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  store = new MemoryStreams();
});
afterEach(loseTables);

async function loseTables(): Promise<void> {
  await db.query('DROP TABLE IF EXISTS proof_state, proof_tiles, proof_leaves');
  await db.query("DELETE FROM checkpoints WHERE consumer = 'proof'");
}

/** Events of some streams, by turns. */
async function written(count: number, streams = 3, on = store): Promise<StoredEvent[]> {
  for (let i = 0; i < count; i += 1) {
    const stream = `${CATEGORY}-${i % streams}`;
    const before = on.eventsOf(stream).at(-1);
    const hash = before ? (JSON.parse(before.metadata).hash as string) : null;
    const id = randomUUID();
    const metadata = {
      $correlationId: id,
      $causationId: id,
      principal: 'p',
      occurred_at: '2030-01-01T00:00:00Z',
      schema_version: 1,
    };
    const { events } = record(codec, [{ type: 'Done', data: { i } }], { id, metadata }, hash);
    await on.append({ stream, expectedRevision: before?.revision ?? 'no_stream', events });
  }
  const all = Array.from({ length: streams }, (_, i) => on.eventsOf(`${CATEGORY}-${i}`)).flat();
  return all.sort((a, b) => Number(a.position - b.position));
}

function tree(options: { origin?: string; known?: string | null; on?: MemoryStreams } = {}): ProofTree {
  const { origin = 'log.example', known = null, on = store } = options;
  return new ProofTree({
    store: on,
    category: CATEGORY,
    nowMs: () => 0,
    logger,
    origin: () => Promise.resolve(origin),
    knownCheckpoint: () => Promise.resolve(known),
  });
}

const skip = (event: StoredEvent, error: unknown): void => {
  throw new Error(`Skipped ${event.stream}`, { cause: error });
};

/** Handles events as a runner does. */
async function run(proof: ProofTree, events: readonly StoredEvent[], size = 1_000): Promise<void> {
  for (let i = 0; i < events.length; i += size) {
    const batch = events.slice(i, i + size);
    const changes = await proof.handle(batch, { db, signal: new AbortController().signal, skip });
    const from = (await readCheckpoint(db, 'proof'))?.position ?? null;
    const to = (from ?? 0n) + 1n;
    if (changes) await commit(db, 'proof', { from, to }, changes.statements);
  }
}

function headOf(events: readonly StoredEvent[]) {
  const edge = TreeEdge.empty();
  edge.add(events.map((event) => leafHash(entryOf(leafOf(event)))));
  return edge.head();
}

async function expectTree(events: readonly StoredEvent[]): Promise<void> {
  const tables = new ProofTables(db);
  const { size, root } = headOf(events);
  expect((await tables.state()).size).toBe(size);
  expect(await rangeHash(tables.readTile, { start: 0, end: size })).toEqual(root);
  const leaves = await tables.leavesFrom(0, size + 10);
  expect(leaves).toEqual(events.map((event, index) => ({ index, ...leafOf(event) })));
}

describe('the tree', () => {
  it.each([1, 7, 2_000])('has every event once and in order, in batches of %d', async (size) => {
    const events = await written(size === 1 ? 20 : 1_300);
    const proof = tree();
    await proof.prepare(db);
    await run(proof, events, size);
    await expectTree(events);
    // Again, as after a failure or a rebuild from the start.
    await run(proof, events, size);
    await expectTree(events);
  });

  it('is the same after the database was lost, and grows on', async () => {
    const events = await written(600);
    const proof = tree();
    await proof.prepare(db);
    await run(proof, events.slice(0, 500), 100);
    await loseTables();
    const again = tree();
    await again.prepare(db);
    await expectTree(events.slice(0, 500));
    await run(again, events);
    await expectTree(events);
  });

  it('is the same after a failure between the append and the commit', async () => {
    const events = await written(30);
    const proof = tree();
    await proof.prepare(db);
    await run(proof, events.slice(0, 10));
    await proof.handle(events.slice(10, 20), { db, signal: new AbortController().signal, skip });
    // Nothing was committed.
    await proof.prepare(db);
    await run(proof, events.slice(10));
    await expectTree(events);
  });

  it('takes an append whose answer was lost for what it is', async () => {
    const events = await written(10);
    const proof = tree();
    await proof.prepare(db);
    store.afterAppend = () => Promise.reject(new Error('lost'));
    await expect(run(proof, events)).rejects.toThrow('lost');
    store.afterAppend = () => Promise.resolve();
    await proof.prepare(db);
    await run(proof, events);
    await expectTree(events);
  });

  it('has no leaf twice if another instance was first', async () => {
    const events = await written(20);
    const [one, other] = [tree(), tree()];
    await one.prepare(db);
    await other.prepare(db);
    // Appends, and commits nothing.
    await one.handle(events.slice(0, 12), { db, signal: new AbortController().signal, skip });
    await run(other, events);
    await expectTree(events);
    expect(store.eventsOf(STREAM)).toHaveLength(3);
  });

  it('leaves out refusals, its own stream, and foreign streams', async () => {
    const events = await written(3);
    const others = [':audit-all', ':proof-all', '2-1', '2:keys-all'].map((end) => ({
      ...events[0]!,
      stream: `${CATEGORY}${end}`,
      revision: 0,
    }));
    const keys = { ...events[0]!, stream: `${CATEGORY}:api_keys-all`, revision: 0 };
    const proof = tree();
    await proof.prepare(db);
    await run(proof, [...others, keys, ...events]);
    await expectTree([keys, ...events]);
  });

  it('does not go on from a stream that was truncated', async () => {
    const proof = tree();
    await proof.prepare(db);
    await run(proof, await written(3));
    await loseTables();
    store.truncate(STREAM, 1);
    await expect(proof.prepare(db)).rejects.toThrow('truncated');
  });
});

describe('checkpoints', () => {
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const { privateKey: newKey } = generateKeyPairSync('ed25519');

  /** Signs, with a tree that follows. */
  function signer(proof: ProofTree, keys = [key], on = store): ProofSigner {
    return new ProofSigner({
      store: on,
      category: CATEGORY,
      tables: new ProofTables(db),
      keys,
      file: join(folder, 'checkpoint'),
      nowMs: () => 0,
      logger,
      leads: () => true,
      caughtUp: () => run(proof, on.eventsOf(STREAM)),
    });
  }

  async function begun(count: number): Promise<{ proof: ProofTree; events: StoredEvent[] }> {
    const events = await written(count);
    const proof = tree();
    await proof.prepare(db);
    await run(proof, events);
    return { proof, events };
  }

  const types = (): string[] => store.eventsOf(STREAM).map(({ type }) => type);
  const keysIn = (keys: readonly string[]) => keys.map((each) => parseVerifierKey(each)!);

  it('are of the whole tree, signed by a published key, and written to a file', async () => {
    const { proof, events } = await begun(5);
    const { checkpoint, keys } = await signer(proof).sign(call);
    const text = openNote(checkpoint, keysIn(keys));
    expect(parseCheckpoint(text ?? '')).toEqual({ origin: 'log.example', ...headOf(events) });
    expect(types()).toEqual(['ProofOriginBegan', 'LeavesAdded', 'ProofKeyPublished', 'CheckpointSigned']);
    expect(await readFile(join(folder, 'checkpoint'), 'utf8')).toBe(checkpoint);
    expect(JSON.parse(store.eventsOf(STREAM).at(-1)!.metadata).principal).toBe('somebody');
  });

  it('of two instances at once are one', async () => {
    const { proof } = await begun(5);
    const notes = await Promise.all([signer(proof), signer(proof)].map((each) => each.sign(call)));
    expect(new Set(notes.map(({ checkpoint }) => checkpoint)).size).toBe(1);
    expect(types().filter((type) => type === 'CheckpointSigned')).toHaveLength(1);
  });

  it('are signed by the first key after a rotation; the old key stays published', async () => {
    const { proof } = await begun(5);
    const before = await signer(proof).sign(call);
    const after = await signer(proof, [newKey, key]).sign(call);
    expect(after.keys).toEqual([...before.keys, expect.any(String)]);
    expect(openNote(after.checkpoint, keysIn(after.keys.slice(1)))).not.toBeNull();
    expect(openNote(before.checkpoint, keysIn(after.keys))).not.toBeNull();
    expect(openNote(after.checkpoint, keysIn(before.keys))).toBeNull();
  });

  it('get another origin when it is configured, and the tree goes on', async () => {
    const { proof, events } = await begun(5);
    const { checkpoint } = await signer(proof).sign(call);
    const renamed = tree({ origin: 'other.example' });
    await renamed.prepare(db);
    const after = await signer(renamed).sign(call);
    expect(after.checkpoint.startsWith('other.example\n5\n')).toBe(true);
    expect(after.ended).toEqual([checkpoint]);
    await expectTree(events);
  });

  it('get a new origin after a restore, once, that names the last one of the old: never two roots of one size', async () => {
    const { proof, events } = await begun(8);
    const backup = new MemoryStreams();
    for (const stream of [`${CATEGORY}-0`, `${CATEGORY}-1`, `${CATEGORY}-2`, STREAM]) {
      await backup.append({ stream, expectedRevision: 'no_stream', events: store.eventsOf(stream) });
    }
    const more = await written(4);
    await run(proof, more);
    const { checkpoint } = await signer(proof).sign(call);
    expect(checkpoint.startsWith('log.example\n12\n')).toBe(true);

    // The database is lost too, and only the published file tells.
    for (const [known, isLost] of [
      [checkpoint, true],
      [null, false],
    ] as const) {
      const on = new MemoryStreams();
      for (const stream of [`${CATEGORY}-0`, `${CATEGORY}-1`, `${CATEGORY}-2`, STREAM]) {
        await on.append({ stream, expectedRevision: 'no_stream', events: backup.eventsOf(stream) });
      }
      // What is known of the log before is only in the tables, when they were not lost.
      await loseTables();
      if (!isLost) {
        await tree().prepare(db);
        await db.query("DELETE FROM checkpoints WHERE consumer = 'proof'");
      }
      const restored = tree({ known, on });
      await restored.prepare(db);
      await restored.prepare(db);
      const others = await written(4, 3, on);
      await run(restored, others);
      const after = await signer(restored, [key], on).sign(call);
      expect(after.origin).toMatch(/^log\.example\/[0-9a-f]{8}$/);
      expect(after.checkpoint.split('\n').slice(0, 2)).toEqual([after.origin, '12']);
      expect(after.ended).toEqual([checkpoint]);
      const old = new Set(events.map(({ id }) => id));
      await expectTree([...events, ...others.filter(({ id }) => !old.has(id))]);
    }
  });
});
