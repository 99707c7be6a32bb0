import type pg from 'pg';
import type { Statement } from '../infrastructure/consumers/checkpoints.ts';
import type { Queryable } from '../infrastructure/postgres/database.ts';
import { rowsOf } from '../infrastructure/postgres/database.ts';
import type { ReadTile } from './c2sp/tiles.ts';
import type { Leaf } from './proof-events.ts';
import type { Growth, ProofState } from './proof-state.ts';
import { NO_PROOF } from './proof-state.ts';

/** The tree and the state of the proof, as tables that follow the proof's stream. */
export const PROOF_TABLES = ['proof_state', 'proof_tiles', 'proof_leaves'];

export const PROOF_TABLES_SQL = `
  CREATE TABLE proof_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision integer NOT NULL,
    hash text,
    size bigint NOT NULL,
    origin text,
    ended text[] NOT NULL,
    checkpoint text,
    checkpoint_size bigint NOT NULL,
    keys text[] NOT NULL
  );
  CREATE TABLE proof_tiles (
    level smallint NOT NULL,
    index bigint NOT NULL,
    -- Up to 256 hashes of 32 bytes.
    hashes bytea NOT NULL,
    PRIMARY KEY (level, index)
  );
  CREATE TABLE proof_leaves (
    index bigint PRIMARY KEY,
    stream text NOT NULL,
    revision integer NOT NULL,
    event_id text NOT NULL,
    hash text NOT NULL
  );
  CREATE INDEX proof_leaves_by_event ON proof_leaves (stream, revision);
`;

const KEEP_STATE = `
  INSERT INTO proof_state (revision, hash, size, origin, ended, checkpoint, checkpoint_size, keys)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (singleton) DO UPDATE SET revision = excluded.revision, hash = excluded.hash, size = excluded.size,
    origin = excluded.origin, ended = excluded.ended, checkpoint = excluded.checkpoint, checkpoint_size = excluded.checkpoint_size, keys = excluded.keys`;

const KEEP_TILES = `
  INSERT INTO proof_tiles (level, index, hashes)
  SELECT level, index, decode(hashes, 'base64') FROM json_to_recordset($1::json)
    AS tile (level smallint, index bigint, hashes text)
  ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes`;

const KEEP_LEAVES = `
  INSERT INTO proof_leaves (index, stream, revision, event_id, hash)
  SELECT $1::bigint + ordinality - 1, leaf->>'stream', (leaf->>'revision')::integer, leaf->>'id', leaf->>'hash'
  FROM json_array_elements($2::json) WITH ORDINALITY AS each (leaf, ordinality)`;

/** Statements that keep a state and all growth that led to it. */
export function statementsOf(state: ProofState, growth: readonly Growth[]): readonly Statement[] {
  const { revision, hash, size, origin, ended, checkpoint, checkpointSize, keys } = state;
  const tiles = new Map(growth.flatMap((each) => each.tiles).map((tile) => [`${tile.level}/${tile.index}`, tile]));
  const leaves = growth.flatMap((each) => each.leaves);
  const kept = { text: KEEP_STATE, values: [revision, hash, size, origin, ended, checkpoint, checkpointSize, keys] };
  if (leaves.length === 0) return [kept];
  const rows = [...tiles.values()].map(({ level, index, hashes }) => ({
    level,
    index,
    hashes: hashes.toString('base64'),
  }));
  return [
    kept,
    { text: KEEP_TILES, values: [JSON.stringify(rows)] },
    { text: KEEP_LEAVES, values: [growth[0]?.first ?? 0, JSON.stringify(leaves)] },
  ];
}

const STATE = 'SELECT revision, hash, size, origin, ended, checkpoint, checkpoint_size, keys FROM proof_state';

interface StateRow extends pg.QueryResultRow {
  readonly revision: number;
  readonly hash: string | null;
  readonly size: string;
  readonly origin: string | null;
  readonly ended: string[];
  readonly checkpoint: string | null;
  readonly checkpoint_size: string;
  readonly keys: string[];
}
interface LeafRow extends pg.QueryResultRow {
  readonly index: string;
  readonly stream: string;
  readonly revision: number;
  readonly event_id: string;
  readonly hash: string;
}

/** A leaf with its place in the tree. */
export interface PlacedLeaf extends Leaf {
  readonly index: number;
}

/** Leaves that are there of the given events. */
const FIND_LEAVES = `
  SELECT index, stream, revision, event_id, hash FROM proof_leaves
  WHERE (stream, revision) IN (SELECT * FROM unnest($1::text[], $2::integer[]))`;

/** Reads of the tables. Throws `DatabaseUnavailableError`. */
export class ProofTables {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async state(): Promise<ProofState> {
    const [row] = await rowsOf<StateRow>(this.#db, { name: 'proof-state', text: STATE });
    if (!row) return NO_PROOF;
    const { size, checkpoint_size, ...same } = row;
    return { ...same, size: Number(size), checkpointSize: Number(checkpoint_size) };
  }

  /** The hashes of a tile; empty if there is none. */
  readonly readTile: ReadTile = async (level, index) => {
    const text = 'SELECT hashes FROM proof_tiles WHERE level = $1 AND index = $2';
    const [row] = await rowsOf<{ hashes: Buffer }>(this.#db, { name: 'proof-tile', text, values: [level, index] });
    return row?.hashes ?? Buffer.alloc(0);
  };

  /** At most `count` leaves from an index on, in their order. */
  async leavesFrom(index: number, count: number): Promise<readonly PlacedLeaf[]> {
    const text =
      'SELECT index, stream, revision, event_id, hash FROM proof_leaves WHERE index >= $1 AND index < $2 ORDER BY index';
    const values = [index, index + count];
    return (await rowsOf<LeafRow>(this.#db, { name: 'proof-leaves', text, values })).map(leafIn);
  }

  /** The leaves of a stream's events, from a revision on. */
  async leavesOf(stream: string, revision: number, count: number): Promise<readonly PlacedLeaf[]> {
    const text = `SELECT index, stream, revision, event_id, hash FROM proof_leaves WHERE stream = $1 AND revision >= $2 AND revision < $3 ORDER BY revision`;
    const values = [stream, revision, revision + count];
    return (await rowsOf<LeafRow>(this.#db, { name: 'proof-leaves-of', text, values })).map(leafIn);
  }

  /** Which of these events have a leaf. */
  async find(events: readonly Pick<Leaf, 'stream' | 'revision'>[]): Promise<readonly PlacedLeaf[]> {
    if (events.length === 0) return [];
    const values = [events.map(({ stream }) => stream), events.map(({ revision }) => revision)];
    return (await rowsOf<LeafRow>(this.#db, { name: 'proof-find', text: FIND_LEAVES, values })).map(leafIn);
  }
}

function leafIn({ index, stream, revision, event_id, hash }: LeafRow): PlacedLeaf {
  return { index: Number(index), stream, revision, id: event_id, hash };
}

/** The id of the log that the database was built from. Throws if it has none yet. */
export async function readLogId(db: Queryable): Promise<string> {
  const [row] = await rowsOf<{ log_id: string }>(db, { text: 'SELECT log_id FROM event_log' });
  if (!row) throw new Error('The log has no id yet.');
  return row.log_id;
}
