import type { KeyObject } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { record } from '../event-sourcing/hash-chain.ts';
import type { EventStore } from '../infrastructure/event-store/event-store.ts';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../infrastructure/event-store/event-store.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { replaceFile } from '../infrastructure/replace-file.ts';
import { formatCheckpoint } from './c2sp/checkpoint.ts';
import { formatVerifierKey, signNote, verifierKey } from './c2sp/signed-note.ts';
import { rangeHash } from './c2sp/tiles.ts';
import type { ProofCall, ProofEvent } from './proof-events.ts';
import { metadataOf, proofCodec, proofStreamOf } from './proof-events.ts';
import type { ProofState } from './proof-state.ts';
import type { ProofTables } from './proof-tables.ts';

/** How often a checkpoint is signed if there is something new, in ms. */
const EVERY_MS = 60_000;
/**
 * How long a checkpoint waits for the tables to have what was appended, and for a moment in which nothing else is appended, in ms; and how
 * often it looks.
 */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 20;
/** Anybody may read a checkpoint: it is there to be published. */
const FILE_MODE = 0o644;

/** Nothing can be signed: the tree has no origin yet, because its consumer has not started. */
export class ProofNotReady extends Error {
  readonly code = 'read-model-unavailable';
  constructor() {
    super('The tree of the log is not built yet.');
  }
}

/** Signs checkpoints of the tree: each minute, and on demand. */
export class ProofSigner {
  readonly #parts: ProofSignerParts;
  readonly #stream: string;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #signing: Promise<unknown> = Promise.resolve();

  constructor(parts: ProofSignerParts) {
    this.#parts = parts;
    this.#stream = proofStreamOf(parts.category);
  }

  start(): void {
    this.#running = this.#signForEver();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The private key that signs. */
  get key(): KeyObject {
    return this.#parts.keys[0]!;
  }

  /**
   * Signs a checkpoint of the tree as it is now, with all events that were in the log before; returns the state with it. If there is nothing new,
   * the latest checkpoint stays. Throws {@link ProofNotReady}, `DatabaseUnavailableError` and the errors of `EventStore.append`.
   */
  async sign(call: ProofCall): Promise<SignedState> {
    const signing = this.#signing.then(() => this.#sign(call));
    this.#signing = signing.catch(() => undefined);
    return signing;
  }

  async #sign(call: ProofCall): Promise<SignedState> {
    const { tables, store, keys, nowMs } = this.#parts;
    await this.#parts.caughtUp();
    for (const until = Date.now() + PATIENCE_MS; ;) {
      const state = await tables.state();
      const { origin, size, revision } = state;
      if (origin === null) throw new ProofNotReady();
      const published = keys.map((key) => formatVerifierKey(verifierKey(origin, key)));
      const news = published.filter((key) => !state.keys.includes(key));
      if (isSigned(state) && news.length === 0) return state;
      const root = await rangeHash(tables.readTile, { start: 0, end: size });
      const checkpoint = signNote(formatCheckpoint({ origin, size, root }), origin, this.key);
      const events: ProofEvent[] = [
        ...news.map((key): ProofEvent => ({ type: 'ProofKeyPublished', data: { key } })),
        { type: 'CheckpointSigned', data: { checkpoint } },
      ];
      const recorded = record(
        proofCodec,
        events,
        { id: randomUUID(), metadata: metadataOf(call, nowMs()) },
        state.hash,
      );
      try {
        // The revision that the tree was read at: nothing else was appended meanwhile.
        const appended = await store.append({
          stream: this.#stream,
          expectedRevision: revision,
          events: recorded.events,
        });
        await this.#publish(checkpoint);
        return await this.#reach(appended.revision);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError)) throw error;
        if (Date.now() > until) throw new EventStoreUnavailableError('The tree of the log keeps growing.');
        await this.#reach(revision + 1);
      }
    }
  }

  /** Waits until the tables have an event of the stream. */
  async #reach(revision: number): Promise<SignedState> {
    for (const until = Date.now() + PATIENCE_MS; ;) {
      await this.#parts.caughtUp();
      const state = await this.#parts.tables.state();
      if (state.revision >= revision && state.checkpoint !== null) return state as SignedState;
      if (Date.now() > until) throw new ProofNotReady();
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Writes the checkpoint to the file from which others may take it. A failure is logged. */
  async #publish(checkpoint: string): Promise<void> {
    await replaceFile(this.#parts.file, checkpoint, { mode: FILE_MODE }).catch((error: unknown) =>
      this.#parts.logger.warn({ err: error }, 'the checkpoint cannot be written to its file'),
    );
  }

  async #signForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(this.#parts.everyMs ?? EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted || !this.#parts.leads()) continue;
      const id = randomUUID();
      await this.sign({ principal: 'system', callId: null, correlationId: id }).catch((error: unknown) =>
        this.#parts.logger.warn({ err: error }, 'no checkpoint could be signed'),
      );
    }
  }
}

export interface ProofSignerParts {
  readonly store: Pick<EventStore, 'append'>;
  readonly category: string;
  readonly tables: ProofTables;
  /** At least one. The first signs. */
  readonly keys: readonly KeyObject[];
  /** Where each checkpoint is written too. */
  readonly file: string;
  /** The clock, as a `Date.now()` time in ms. */
  readonly nowMs: () => number;
  readonly logger: Logger;
  /** Whether this instance grows the tree. */
  readonly leads: () => boolean;
  /** Waits, for a short time, until the tree has all events that are in the log now. */
  readonly caughtUp: () => Promise<void>;
  readonly everyMs?: number;
}

/** A state with a checkpoint. It is of a tree of `checkpointSize` leaves; the tree may have grown since. */
export type SignedState = ProofState & { readonly origin: string; readonly checkpoint: string };

function isSigned(state: ProofState): state is SignedState {
  const { checkpoint, checkpointSize, size, origin } = state;
  return checkpoint !== null && checkpointSize === size && checkpoint.startsWith(`${origin}\n`);
}

/** The checkpoint that this installation published last; null for none. */
export async function readPublished(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
