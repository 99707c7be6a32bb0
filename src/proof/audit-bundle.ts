import { setImmediate as turn } from 'node:timers/promises';
import { StreamTruncatedError } from '../infrastructure/event-store/event-store.ts';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { signNote } from './c2sp/signed-note.ts';
import { inclusionProof } from './c2sp/tiles.ts';
import { formatTlogProof } from './c2sp/tlog-proof.ts';
import type { BundledEvent, AuditBundle } from './bundle-format.ts';
import { BUNDLE_FORMAT, chainText } from './bundle-format.ts';
import type { ProofCall } from './proof-events.ts';
import type { ProofSigner, SignedState } from './proof-signer.ts';
import { ProofNotReady } from './proof-signer.ts';
import type { ProofTables } from './proof-tables.ts';

/** Events on a page of the stream. */
const PAGE = 1_000;
/** Proofs that are computed in one go: each takes some hundred hashes. */
const PROOFS_AT_ONCE = 20;
/** Largest bundle, in UTF-16 units of data and metadata. What one attempt writes is limited to 16 MiB. */
const MAX_UNITS = 64 * 1024 * 1024;

/** There is no such request. */
class NothingToProve extends Error {
  readonly code = 'not-found';
  constructor() {
    super('There is no such request.');
  }
}

/** The history is too large for one file. */
class BundleTooLarge extends Error {
  readonly code = 'history-too-large';
  constructor() {
    super(
      'The history of this request is too large for one bundle. Read its events and the tiles of the tree instead.',
    );
  }
}

export interface BundleParts {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly category: string;
  readonly tables: Pick<ProofTables, 'leavesOf' | 'readTile'>;
  readonly signer: Pick<ProofSigner, 'sign' | 'key'>;
  readonly nowMs: () => number;
}

/** Makes files that prove the history of a request offline. */
export class AuditBundles {
  readonly #parts: BundleParts;

  constructor(parts: BundleParts) {
    this.#parts = parts;
  }

  /**
   * The bundle of a request, with all events recorded before the call; a checkpoint is signed for it if the latest one lacks some. Throws
   * {@link NothingToProve}, {@link BundleTooLarge}, `StreamTruncatedError`, `ProofNotReady` and errors of store and database.
   */
  async make(requestId: string, call: ProofCall): Promise<AuditBundle> {
    const stream = `${this.#parts.category}-${requestId}`;
    const stored = await this.#read(stream);
    const state = await this.#parts.signer.sign(call);
    const events = stored.map(bundled);
    const made_at = new Date(this.#parts.nowMs()).toISOString();
    const chain = signNote(chainText({ request_id: requestId, events, made_at }), state.origin, this.#parts.signer.key);
    return {
      format: BUNDLE_FORMAT,
      request_id: requestId,
      events,
      chain,
      proofs: await this.#proofs(stored, state),
      checkpoint: state.checkpoint,
      keys: state.keys.filter((key) => key.startsWith(`${state.origin}+`)),
      made_at,
    };
  }

  async #read(stream: string): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    let units = 0;
    for (;;) {
      const page = await this.#parts.store.readStream({ stream, from: events.length, maxCount: PAGE });
      if (page.truncated) throw new StreamTruncatedError();
      for (const event of page.events) {
        units += event.data.length + event.metadata.length;
        events.push(event);
      }
      if (units > MAX_UNITS) throw new BundleTooLarge();
      if (page.atEnd) break;
    }
    if (events.length === 0) throw new NothingToProve();
    return events;
  }

  async #proofs(events: readonly StoredEvent[], state: SignedState): Promise<readonly string[]> {
    const { tables } = this.#parts;
    // The tree may have grown since: the proofs are of the tree that was signed.
    const { checkpoint, checkpointSize: size } = state;
    const stream = events[0]?.stream ?? '';
    const leaves = await tables.leavesOf(stream, 0, events.length);
    const indexes = new Map(leaves.map(({ revision, index }) => [revision, index]));
    // Neighbours share most tiles.
    const tiles = new Map<string, Promise<Uint8Array>>();
    const readTile = (level: number, index: number): Promise<Uint8Array> => {
      const key = `${level}/${index}`;
      const tile = tiles.get(key) ?? tables.readTile(level, index);
      tiles.set(key, tile);
      return tile;
    };
    const proofs: string[] = [];
    for (const { revision } of events) {
      // So that other calls get their turn.
      if (revision % PROOFS_AT_ONCE === 0) await turn();
      const index = indexes.get(revision);
      // The tree is behind: the tables wait for the event, or it was parked.
      if (index === undefined || index >= size) throw new ProofNotReady();
      proofs.push(formatTlogProof({ index, hashes: await inclusionProof(readTile, index, size), checkpoint }));
    }
    return proofs;
  }
}

function bundled({ stream, revision, id, type, data, metadata }: StoredEvent): BundledEvent {
  return { stream, revision, id, type, data: JSON.parse(data) as object, metadata: JSON.parse(metadata) as object };
}
