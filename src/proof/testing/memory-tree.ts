import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { hashEvent, record } from '../../event-sourcing/hash-chain.ts';
import type { EventStore, EventToAppend, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { formatCheckpoint } from '../c2sp/checkpoint.ts';
import { leafHash } from '../c2sp/merkle.ts';
import { formatVerifierKey, signNote, verifierKey } from '../c2sp/signed-note.ts';
import type { ReadTile } from '../c2sp/tiles.ts';
import { TreeEdge } from '../c2sp/tiles.ts';
import type { ProofEvent } from '../proof-events.ts';
import { entryOf, isProved, leafOf, leavesAdded, metadataOf, proofCodec, proofStreamOf } from '../proof-events.ts';

/** An Ed25519 key for tests, the same for the same number. */
export function testKey(seed: number): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** The tree over some events, in memory. */
export class MemoryTree {
  readonly edge = TreeEdge.empty();
  readonly #tiles = new Map<string, Buffer>();
  readonly indexes = new Map<string, number>();

  add(events: readonly StoredEvent[]): void {
    events.forEach(({ id }, i) => this.indexes.set(id, this.edge.size + i));
    const tiles = this.edge.add(events.map((event) => leafHash(entryOf(leafOf(event)))));
    for (const { level, index, hashes } of tiles) this.#tiles.set(`${level}/${index}`, hashes);
  }

  readonly readTile: ReadTile = (level, index) =>
    Promise.resolve(this.#tiles.get(`${level}/${index}`) ?? Buffer.alloc(0));

  checkpoint(origin: string, key: KeyObject): string {
    return signNote(formatCheckpoint({ origin, ...this.edge.head() }), origin, key);
  }
}

/** Appends the tree over these events to a log, as the service does: a batch of leaves for each of `batches`, and a checkpoint after each. */
export async function appendTree(
  store: EventStore,
  category: string,
  batches: readonly (readonly StoredEvent[])[],
  { origin, key }: { readonly origin: string; readonly key: KeyObject },
): Promise<readonly string[]> {
  const tree = new MemoryTree();
  const checkpoints: string[] = [];
  const events: ProofEvent[] = [
    { type: 'ProofOriginBegan', data: { origin, previous_checkpoint: null } },
    { type: 'ProofKeyPublished', data: { key: formatVerifierKey(verifierKey(origin, key)) } },
  ];
  for (const batch of batches) {
    const proved = batch.filter(({ stream }) => isProved(category, stream));
    events.push(leavesAdded(tree.edge.size, proved.map(leafOf)));
    tree.add(proved);
    checkpoints.push(tree.checkpoint(origin, key));
    events.push({ type: 'CheckpointSigned', data: { checkpoint: checkpoints.at(-1) ?? '' } });
  }
  const id = '0197e0cb-0000-4000-8000-00000000f100';
  const metadata = metadataOf({ principal: 'system', callId: null, correlationId: id }, 0);
  const recorded = record(proofCodec, events, { id, metadata }, null);
  await store.append({ stream: proofStreamOf(category), expectedRevision: 'no_stream', events: recorded.events });
  return checkpoints;
}

/** The events of a stream with their hashes computed again, from `from` on: what somebody does who rewrites history well. */
export function rechained(events: readonly EventToAppend[], from: number): EventToAppend[] {
  let previous: string | null = null;
  return events.map((event, i) => {
    const { hash, previous_hash: _, ...unhashed } = JSON.parse(event.metadata) as Record<string, unknown>;
    if (i < from) {
      previous = hash as string;
      return event;
    }
    const text = JSON.stringify(unhashed, Object.keys(unhashed).sort());
    const link: string = hashEvent(previous, { ...event, metadata: text });
    const metadata = JSON.stringify({ ...unhashed, hash: link, previous_hash: previous });
    previous = link;
    return { ...event, metadata };
  });
}
