import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type pg from 'pg';
import { Follower } from '../infrastructure/consumers/follower.ts';
import type { LogIdentity } from '../infrastructure/consumers/log-identity.ts';
import { ReadBarrier } from '../infrastructure/consumers/read-barrier.ts';
import type { Runner, RunnerParts } from '../infrastructure/consumers/runner.ts';
import type { EventStore } from '../infrastructure/event-store/event-store.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { AuditBundles } from './audit-bundle.ts';
import { ProofSigner, readPublished } from './proof-signer.ts';
import { ProofTables, readLogId } from './proof-tables.ts';
import { ProofTree } from './proof-tree.ts';

/** How often the tree grows at most, in ms: an event for each batch of leaves is enough. */
const LEAVES_EVERY_MS = 1_000;

export interface ProofParts {
  readonly store: EventStore;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** The pool that answers callers. */
  readonly pool: pg.Pool;
  readonly category: string;
  /** Where the latest checkpoint of this instance is published, as `proof-checkpoint`. */
  readonly dataDir: string;
  /** Null for the id of the log. */
  readonly origin: string | null;
  /** The first signs. */
  readonly keys: readonly KeyObject[];
}

/** The consumer that grows the tree. */
export function createProofTree({ dataDir, origin, ...parts }: ProofParts): ProofTree {
  return new ProofTree({
    ...parts,
    origin: async (db) => origin ?? (await readLogId(db)),
    knownCheckpoint: () => readPublished(publishedFile(dataDir)),
  });
}

/** Follows all streams of the installation, which no other consumer does, at a slow pace. */
export function followAll({ store, category }: Pick<ProofParts, 'store' | 'category'>): RunnerParts['follow'] {
  return (after, onArrival) => {
    const reader = {
      subscribe: (from: bigint | null) =>
        store.subscribe({ after: from, streamPrefix: category, paceMs: LEAVES_EVERY_MS }),
      join: () => false,
      leave: () => undefined,
      hurry: () => undefined,
    };
    return new Follower(reader, after, onArrival);
  };
}

/** What answers callers, beside the runner of the tree. */
export function createProof(
  { store, pool, dataDir, ...parts }: ProofParts,
  { runner, log }: { readonly runner: Runner; readonly log: LogIdentity },
): { readonly tables: ProofTables; readonly signer: ProofSigner; readonly bundles: AuditBundles } {
  const tables = new ProofTables(pool);
  const barrier = new ReadBarrier(runner, pool, log, () => null);
  const signer = new ProofSigner({
    ...parts,
    store,
    tables,
    file: publishedFile(dataDir),
    leads: () => runner.progress.state === 'live' || runner.progress.state === 'catching_up',
    caughtUp: async () => void (await barrier.wait(await store.tail())),
  });
  return { tables, signer, bundles: new AuditBundles({ ...parts, store, tables, signer }) };
}

function publishedFile(dataDir: string): string {
  return join(dataDir, 'proof-checkpoint');
}
