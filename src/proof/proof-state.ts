import { readMetadata, UnreadableEvent } from '../event-sourcing/codec.ts';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { ChangedTile } from './c2sp/tiles.ts';
import { TreeEdge } from './c2sp/tiles.ts';
import { leafHash } from './c2sp/merkle.ts';
import type { Leaf } from './proof-events.ts';
import { entryOf, proofCodec, readLeaves } from './proof-events.ts';

/** What the events of the proof's stream say, without the tree. */
export interface ProofState {
  /** Revision of the last event; -1 before the first. */
  readonly revision: number;
  /** Hash of the last event, which the next one links to. */
  readonly hash: string | null;
  /** Number of leaves. */
  readonly size: number;
  /** Null before the first. */
  readonly origin: string | null;
  /** Checkpoints at whose place a new origin began. */
  readonly ended: readonly string[];
  /** The latest signed checkpoint, and the size of its tree. */
  readonly checkpoint: string | null;
  readonly checkpointSize: number;
  /** The public keys of all checkpoints, oldest first. */
  readonly keys: readonly string[];
}

export const NO_PROOF: ProofState = {
  revision: -1,
  hash: null,
  size: 0,
  origin: null,
  ended: [],
  checkpoint: null,
  checkpointSize: 0,
  keys: [],
};

/** Leaves with their places in the tree, and the tiles they changed. */
export interface Growth {
  readonly first: number;
  readonly leaves: readonly Leaf[];
  readonly tiles: readonly ChangedTile[];
}

/**
 * Folds the events of the proof's stream, in their order, and builds the tree. The memory it takes depends on nothing but the number of keys.
 */
export class ProofFold {
  #state: ProofState;
  readonly #edge: TreeEdge;

  constructor(state: ProofState = NO_PROOF, edge: TreeEdge = TreeEdge.empty()) {
    this.#state = state;
    this.#edge = edge;
  }

  get state(): ProofState {
    return this.#state;
  }

  /** The tree's size and root. */
  head(): ReturnType<TreeEdge['head']> {
    return this.#edge.head();
  }

  /**
   * Adds the next event. Returns what it adds to the tree, if it does. Throws `UnreadableEvent` for an event that is not of this stream, or not
   * next: then its writer and this one disagree about the tree.
   */
  add(event: StoredEvent): Growth | null {
    const state = this.#state;
    if (event.revision !== state.revision + 1) throw new UnreadableEvent(event, 'events before it are missing');
    const { hash } = readMetadata(event);
    const next = { ...state, revision: event.revision, hash };
    const decoded = proofCodec.decode(event).event;
    switch (decoded.type) {
      case 'ProofOriginBegan': {
        const { origin, previous_checkpoint: ended } = decoded.data;
        this.#state = { ...next, origin, ended: ended === null ? state.ended : [...state.ended, ended] };
        return null;
      }
      case 'ProofKeyPublished':
        this.#state = { ...next, keys: [...state.keys, decoded.data.key] };
        return null;
      case 'CheckpointSigned':
        this.#state = { ...next, checkpoint: decoded.data.checkpoint, checkpointSize: state.size };
        return null;
      case 'LeavesAdded': {
        const { first, leaves } = readLeaves(event);
        if (first !== state.size) throw new UnreadableEvent(event, `its first leaf is not number ${state.size}`);
        const tiles = this.#edge.add(leaves.map((leaf) => leafHash(entryOf(leaf))));
        this.#state = { ...next, size: first + leaves.length };
        return { first, leaves, tiles };
      }
    }
  }
}
