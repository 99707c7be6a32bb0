import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson, hashEvent } from '../automation/events/metadata.ts';
import type { EventStore, EventToAppend } from '../infrastructure/event-store/event-store.ts';
import { AppendRefusedError } from '../infrastructure/event-store/event-store.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';

/** What was refused, to whom and why. Nothing of what was sent is in it but a name that was checked, and the id of a request. */
export interface Refusal {
  /** The problem's. */
  readonly code: string;
  /** Why, where the caller was told less. */
  readonly fault: string;
  /** Who it was, or whose the credential had been; null when that is not known. */
  readonly principal: string | null;
  readonly address: string | null;
  readonly method: string;
  /** As declared, without ids; null when it never came to a route. */
  readonly route: string | null;
  readonly missing_scope: string | null;
  /** Only where the caller was known. */
  readonly request_id: string | null;
}

/** Refusals that differ in time only, together. */
export interface CountedRefusal extends Refusal {
  readonly count: number;
  readonly first_at: string;
  readonly last_at: string;
}

/** The content of an event of the audit streams. */
export interface RecordedRefusals {
  readonly from: string;
  readonly until: string;
  readonly total: number;
  readonly refusals: readonly CountedRefusal[];
  /** Of so many no more is known: there were too many kinds at once. */
  readonly unlisted: number;
}

export const REFUSALS_RECORDED = 'RefusalsRecorded';

/** Different ones in one event. */
const MAX_KINDS = 200;
const FIRST_WINDOW_MS = 5_000;
/** Whoever goes on being refused makes no more than an event in so long. */
const LONGEST_WINDOW_MS = 600_000;
const LAST_FLUSH_MS = 2_000;

/** The streams of refusals, one for each life of each instance: so a writer knows its place, and nobody waits for another. */
export function auditStreamPrefix(category: string): string {
  return `${category}:audit-`;
}

/**
 * Remembers what was refused and writes it down by and by, so that no flood of bad calls fills the store or holds up an answer: memory and
 * each event are bounded, and so is how often there is one.
 */
export class RefusalLog {
  readonly #store: EventStore;
  readonly #logger: Logger;
  readonly #now: () => Date;
  readonly #stream: string;
  readonly #stop = new AbortController();
  #kinds = new Map<string, { refusal: Refusal; count: number; first_at: string; last_at: string }>();
  #from: string | null = null;
  #total = 0;
  #unlisted = 0;
  /** Written down and not yet known to be in the store. */
  #pending: EventToAppend | null = null;
  #revision = -1;
  #hash: string | null = null;
  #windowMs = FIRST_WINDOW_MS;
  #running: Promise<void> = Promise.resolve();

  constructor(
    store: EventStore,
    parts: { readonly category: string; readonly logger: Logger; readonly now: () => Date },
  ) {
    this.#store = store;
    this.#logger = parts.logger;
    this.#now = parts.now;
    this.#stream = `${auditStreamPrefix(parts.category)}${randomUUID()}`;
  }

  note(refusal: Refusal): void {
    const at = this.#now().toISOString();
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
    const event = this.#pending;
    if (!event) return;
    const expectedRevision = this.#revision < 0 ? 'no_stream' : this.#revision;
    try {
      const { revision } = await this.#store.append({ stream: this.#stream, expectedRevision, events: [event] });
      this.#revision = revision;
    } catch (error) {
      this.#logger.warn({ err: error }, 'what was refused could not be recorded');
      // With the same id it is recognised if it was taken after all. What the store will never take is let go of.
      if (!(error instanceof AppendRefusedError)) return;
    }
    this.#pending = null;
  }

  /** Everything noted since the last time, as one event. */
  #writeDown(): EventToAppend | null {
    if (this.#total === 0 || this.#from === null) return null;
    const refusals = [...this.#kinds.values()].map(({ refusal, ...counted }) => ({ ...refusal, ...counted }));
    const until = this.#now().toISOString();
    const content = { from: this.#from, until, total: this.#total, refusals, unlisted: this.#unlisted };
    this.#logger.warn(
      { refused: this.#total, codes: [...new Set(refusals.map(({ code }) => code))] },
      'calls were refused',
    );
    this.#kinds = new Map();
    this.#from = null;
    this.#total = this.#unlisted = 0;
    const id = randomUUID();
    const unhashed = {
      $correlationId: id,
      $causationId: id,
      principal: 'system',
      occurred_at: until,
      schema_version: 1,
    };
    const written = { id, type: REFUSALS_RECORDED, data: canonicalJson(content), metadata: canonicalJson(unhashed) };
    const hash = hashEvent(this.#hash, written);
    const metadata = canonicalJson({ ...unhashed, hash, previous_hash: this.#hash });
    this.#hash = hash;
    return { ...written, metadata };
  }
}
