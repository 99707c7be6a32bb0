import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { record } from '../event-sourcing/hash-chain.ts';
import type { Fold, Head } from '../event-sourcing/streams.ts';
import { StreamHeads } from '../event-sourcing/streams.ts';
import type { EventStore } from '../infrastructure/event-store/event-store.ts';
import { AppendRefusedError } from '../infrastructure/event-store/event-store.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { CountedRefusal, RecordedRefusals, Refusal } from './refusal-events.ts';
import { auditStreamOf, refusalCodec } from './refusal-events.ts';

/** Maximum number of different refusals in one event. */
const MAX_KINDS = 200;
const FIRST_WINDOW_MS = 5_000;
/** Longest interval between events. While refusals continue, the interval doubles up to this. */
const LONGEST_WINDOW_MS = 600_000;
const LAST_FLUSH_MS = 2_000;

/** State of the stream: the id of its last event. */
const LAST_ID: Fold<string | null> = { initial: null, fold: (_, { id }) => id, sizeOf: () => 1 };

/**
 * Collects refused calls and records them in batches. Memory, event size and event rate are bounded, so a flood of bad calls neither
 * fills the store nor delays answers.
 */
export class RefusalLog {
  readonly #heads: StreamHeads<string | null>;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #stream: string;
  readonly #stop = new AbortController();
  #kinds = new Map<string, { refusal: Refusal; count: number; first_at: string; last_at: string }>();
  #from: string | null = null;
  #total = 0;
  #unlisted = 0;
  /** The batch being written; null once it is known to be in the store. */
  #pending: { readonly id: string; readonly content: RecordedRefusals } | null = null;
  #windowMs = FIRST_WINDOW_MS;
  #running: Promise<void> = Promise.resolve();

  constructor(
    store: EventStore,
    parts: { readonly category: string; readonly logger: Logger; readonly nowMs: () => number },
  ) {
    this.#heads = new StreamHeads(store, LAST_ID, { maxBytes: 1, needs: 'last-event' });
    this.#logger = parts.logger;
    this.#nowMs = parts.nowMs;
    this.#stream = auditStreamOf(parts.category);
  }

  /** Adds a refusal to the next batch. Does not wait for the store. */
  note(refusal: Refusal): void {
    const at = new Date(this.#nowMs()).toISOString();
    this.#from ??= at;
    this.#total += 1;
    const key = Object.values(refusal).join('\n');
    const kind = this.#kinds.get(key);
    if (kind) {
      kind.count += 1;
      kind.last_at = at;
    } else if (this.#kinds.size < MAX_KINDS) {
      this.#kinds.set(key, { refusal, count: 1, first_at: at, last_at: at });
    } else {
      this.#unlisted += 1;
    }
  }

  start(): void {
    this.#running = this.#writeForEver();
  }

  /** Stops, and writes what is left, for at most 2 s. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.race([this.#write(), delay(LAST_FLUSH_MS, undefined, { ref: false })]);
  }

  async #writeForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(this.#windowMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const isQuiet = this.#total === 0 && this.#pending === null;
      this.#windowMs = isQuiet ? FIRST_WINDOW_MS : Math.min(LONGEST_WINDOW_MS, this.#windowMs * 2);
      await this.#write();
    }
  }

  async #write(): Promise<void> {
    this.#pending ??= this.#writeDown();
    const pending = this.#pending;
    if (!pending) return;
    try {
      await this.#heads.decideAndAppend(this.#stream, (head) => recorded(pending, head));
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not record refused calls');
      // Retried with the same id, which detects a write whose answer was lost. A batch that the store rejects is dropped.
      if (!(error instanceof AppendRefusedError)) return;
    }
    this.#pending = null;
  }

  /** Returns the refusals since the last call as one batch; null when there were none. */
  #writeDown(): { readonly id: string; readonly content: RecordedRefusals } | null {
    if (this.#total === 0 || this.#from === null) return null;
    const refusals: CountedRefusal[] = [...this.#kinds.values()].map(({ refusal, ...counted }) => {
      return { ...refusal, ...counted };
    });
    const until = new Date(this.#nowMs()).toISOString();
    const content = { from: this.#from, until, total: this.#total, refusals, unlisted: this.#unlisted };
    this.#logger.warn(
      { refused: this.#total, codes: [...new Set(refusals.map(({ code }) => code))] },
      'calls were refused',
    );
    this.#kinds = new Map();
    this.#from = null;
    this.#total = this.#unlisted = 0;
    return { id: randomUUID(), content };
  }
}

function recorded(
  { id, content }: { readonly id: string; readonly content: RecordedRefusals },
  { state, hash }: Head<string | null>,
) {
  // An earlier try succeeded, but its answer was lost.
  if (state === id) return { events: [], hash, state };
  const metadata = {
    $correlationId: id,
    $causationId: id,
    principal: 'system',
    occurred_at: content.until,
    schema_version: 1,
  };
  const event = { type: 'RefusalsRecorded', data: content } as const;
  return { ...record(refusalCodec, [event], { id, metadata }, hash), state: id };
}
