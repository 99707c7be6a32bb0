import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { Checkpoint } from './c2sp/checkpoint.ts';
import { parseCheckpoint } from './c2sp/checkpoint.ts';
import { leafHash } from './c2sp/merkle.ts';
import type { VerifierKey } from './c2sp/signed-note.ts';
import { openNote, parseVerifierKey } from './c2sp/signed-note.ts';
import { TreeEdge } from './c2sp/tiles.ts';
import type { Leaf } from './proof-events.ts';
import { entryOf, isProved, proofCodec, proofStreamOf, readLeaves } from './proof-events.ts';

/** A leaf, and where it is in the tree. */
export type NumberedLeaf = Leaf & { readonly index: number };

/** The log compared with its tree. Lists name at most {@link MAX_NAMED}. */
export interface TreeVerification {
  /** Number of leaves. */
  readonly size: number;
  /** Number of checkpoints that the tree has, with the right root and signature. */
  readonly checkpoints: number;
  /** The latest of them. */
  readonly latest: Checkpoint | null;
  /** Events that are there and other ones than the tree holds. */
  readonly altered: readonly NumberedLeaf[];
  /** Events that the tree holds and that are gone. */
  readonly removed: readonly NumberedLeaf[];
  readonly removedCount: number;
  /** Number of events that have no leaf yet. */
  readonly notYet: number;
  /** What is wrong with the tree itself: leaves, checkpoints and signatures. Sentences. */
  readonly faults: readonly string[];
  /** How a part of the tree itself is gone. Sentences. */
  readonly losses: readonly string[];
}

const MAX_NAMED = 1_000;
/** Leaves, and events, that wait for their counterparts. One that waits longer is looked up. */
const MAX_WAITING = 10_000;
const PAGE = 16;

export interface TreeCheckOptions {
  /** Signed notes from elsewhere, which the tree must hold. */
  readonly checkpoints: readonly string[];
  /** Verifier keys from elsewhere. Null to take those of the log, which its operator chose. */
  readonly keys: readonly string[] | null;
}

/**
 * Compares the log with its tree: call {@link see} with every event in log order, then {@link finish}. Leaves are in the order of the log too, so
 * both are read once, and few are held in memory, unless many events are gone.
 */
export class TreeCheck {
  readonly #store: Pick<EventStore, 'readStream'>;
  readonly #category: string;
  readonly #options: TreeCheckOptions;
  readonly #leaves: AsyncGenerator<NumberedLeaf, void, undefined>;
  readonly #edge = TreeEdge.empty();
  readonly #keys: VerifierKey[] = [];
  readonly #known: Checkpoint[] = [];
  readonly #waitingLeaves = new Map<string, NumberedLeaf>();
  readonly #waitingEvents = new Map<string, Leaf>();
  readonly #altered: NumberedLeaf[] = [];
  readonly #removed: NumberedLeaf[] = [];
  readonly #faults: string[] = [];
  readonly #losses = new Set<string>();
  #removedCount = 0;
  #notYet = 0;
  #checkpoints = 0;
  #latest: Checkpoint | null = null;
  #isAtEnd = false;

  constructor(store: Pick<EventStore, 'readStream'>, category: string, options: TreeCheckOptions) {
    this.#store = store;
    this.#category = category;
    this.#options = options;
    for (const text of options.keys ?? []) this.#addKey(text);
    this.#leaves = this.#readTree();
  }

  /** Takes the next event of the log, whose hash was verified. */
  async see({ stream, revision, id }: StoredEvent, hash: string): Promise<void> {
    if (!isProved(this.#category, stream)) return;
    const event = { stream, revision, id, hash };
    const leaf = this.#waitingLeaves.get(keyOf(event));
    if (leaf) {
      this.#waitingLeaves.delete(keyOf(event));
      this.#compare(leaf, event);
      return;
    }
    this.#waitingEvents.set(keyOf(event), event);
    await this.#takeLeaf();
    await this.#makeRoom();
  }

  /** Reads the rest of the tree, and sums up. Throws `EventStoreUnavailableError`. */
  async finish(): Promise<TreeVerification> {
    while (!this.#isAtEnd) {
      await this.#takeLeaf();
      await this.#makeRoom();
    }
    for (const leaf of this.#waitingLeaves.values()) await this.#lookUp(leaf);
    for (const { origin, size } of this.#known) {
      if (size <= this.#edge.size) continue;
      this.#losses.add(
        `The checkpoint of ${origin} has ${size} leaves, and the tree of this log has ${this.#edge.size}: events that it held are gone, or it is of another log.`,
      );
    }
    return {
      size: this.#edge.size,
      checkpoints: this.#checkpoints,
      latest: this.#latest,
      altered: this.#altered,
      removed: this.#removed,
      removedCount: this.#removedCount,
      notYet: this.#notYet + this.#waitingEvents.size,
      faults: this.#faults,
      losses: [...this.#losses],
    };
  }

  async #takeLeaf(): Promise<void> {
    const next = await this.#leaves.next();
    if (next.done) {
      this.#isAtEnd = true;
      return;
    }
    const leaf = next.value;
    const event = this.#waitingEvents.get(keyOf(leaf));
    if (!event) {
      this.#waitingLeaves.set(keyOf(leaf), leaf);
      return;
    }
    this.#waitingEvents.delete(keyOf(leaf));
    this.#compare(leaf, event);
  }

  #compare(leaf: NumberedLeaf, event: Leaf): void {
    if ((leaf.id !== event.id || leaf.hash !== event.hash) && this.#altered.length < MAX_NAMED)
      this.#altered.push(leaf);
  }

  async #makeRoom(): Promise<void> {
    if (this.#waitingEvents.size > MAX_WAITING) {
      const [oldest = ''] = this.#waitingEvents.keys();
      this.#waitingEvents.delete(oldest);
      this.#notYet += 1;
    }
    if (this.#waitingLeaves.size <= MAX_WAITING) return;
    const [leaf] = this.#waitingLeaves.values();
    if (!leaf) return;
    this.#waitingLeaves.delete(keyOf(leaf));
    await this.#lookUp(leaf);
  }

  /** Reads the event of a leaf. */
  async #lookUp(leaf: NumberedLeaf): Promise<void> {
    const { stream, revision } = leaf;
    const [event] = (await this.#store.readStream({ stream, from: revision, maxCount: 1 })).events;
    if (event?.revision === revision) {
      // Its hash was verified with its chain, or will be.
      const { hash } = JSON.parse(event.metadata) as { hash: string };
      this.#compare(leaf, { stream, revision, id: event.id, hash });
      return;
    }
    this.#removedCount += 1;
    if (this.#removed.length < MAX_NAMED) this.#removed.push(leaf);
  }

  /** Reads the stream of the tree: yields its leaves, and checks every checkpoint on the way. */
  async *#readTree(): AsyncGenerator<NumberedLeaf, void, undefined> {
    if (this.#options.checkpoints.length > 0) await this.#openKnown();
    this.#checkKnown();
    for await (const event of this.#events()) yield* this.#read(event);
  }

  async *#events(): AsyncGenerator<StoredEvent> {
    const stream = proofStreamOf(this.#category);
    for (let from = 0; ;) {
      const page = await this.#store.readStream({ stream, from, maxCount: PAGE });
      if (page.truncated) {
        this.#losses.add(`The leaves of the tree, in ${stream}, were deleted or truncated: it cannot be computed.`);
        return;
      }
      for (const event of page.events) {
        yield event;
        from = event.revision + 1;
      }
      if (page.atEnd) return;
    }
  }

  /** Opens the given checkpoints. The keys of the log come with the tree, and may come later in it than the size of a checkpoint. */
  async #openKnown(): Promise<void> {
    const keys = [...this.#keys];
    if (this.#options.keys === null) {
      for await (const { type, data } of this.#events()) {
        const key = type === 'ProofKeyPublished' ? parseVerifierKey((JSON.parse(data) as { key: string }).key) : null;
        if (key) keys.push(key);
      }
    }
    for (const note of this.#options.checkpoints) {
      const text = openNote(note, keys);
      const checkpoint = text === null ? null : parseCheckpoint(text);
      if (checkpoint) this.#known.push(checkpoint);
      else this.#faults.push('The given checkpoint is not signed by a key of the log, or by one of the given keys.');
    }
  }

  /** Compares the tree with the given checkpoints of its size. */
  #checkKnown(): void {
    for (const checkpoint of this.#known) {
      const { origin, size } = checkpoint;
      if (size !== this.#edge.size || holds(checkpoint, this.#edge)) continue;
      this.#faults.push(
        `The checkpoint of ${origin} with ${size} leaves has another root than this log: the log was forked or rewritten.`,
      );
    }
  }

  *#read(stored: StoredEvent): Generator<NumberedLeaf> {
    let event;
    try {
      ({ event } = proofCodec.decode(stored));
      if (event.type === 'LeavesAdded') yield* this.#grow(stored);
    } catch (error) {
      this.#faults.push(`Event ${stored.revision} of ${stored.stream} cannot be read: ${(error as Error).message}`);
      return;
    }
    if (event.type === 'ProofKeyPublished' && this.#options.keys === null) this.#addKey(event.data.key);
    if (event.type === 'CheckpointSigned') this.#checkSigned(event.data.checkpoint, stored.revision);
  }

  *#grow(stored: StoredEvent): Generator<NumberedLeaf> {
    const { first, leaves } = readLeaves(stored);
    if (first !== this.#edge.size) {
      this.#faults.push(`Event ${stored.revision} of ${stored.stream} does not begin with leaf ${this.#edge.size}.`);
    }
    for (const leaf of leaves) {
      yield { ...leaf, index: this.#edge.size };
      this.#edge.add([leafHash(entryOf(leaf))]);
      this.#checkKnown();
    }
  }

  #checkSigned(note: string, revision: number): void {
    const text = openNote(note, this.#keys);
    const checkpoint = text === null ? null : parseCheckpoint(text);
    const at = `The checkpoint at revision ${revision} of ${proofStreamOf(this.#category)}`;
    if (!checkpoint) {
      // Keys that were given need not be those of all checkpoints.
      if (this.#options.keys === null) this.#faults.push(`${at} is not signed by a key of the log.`);
      return;
    }
    if (!holds(checkpoint, this.#edge)) {
      this.#faults.push(`${at} has another root, or size, than the tree.`);
      return;
    }
    this.#checkpoints += 1;
    this.#latest = checkpoint;
  }

  #addKey(text: string): void {
    const key = parseVerifierKey(text);
    if (key) this.#keys.push(key);
    else this.#faults.push(`This is no public key: ${text.slice(0, 100)}`);
  }
}

function keyOf({ stream, revision }: Pick<Leaf, 'stream' | 'revision'>): string {
  return `${revision}@${stream}`;
}

function holds({ size, root }: Checkpoint, edge: TreeEdge): boolean {
  return size === edge.size && edge.head().root.equals(root);
}
