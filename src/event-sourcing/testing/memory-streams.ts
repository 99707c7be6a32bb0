import type {
  Appended,
  AppendRequest,
  EventStore,
  ReadStreamRequest,
  StoredEvent,
  StreamPage,
} from '../../infrastructure/event-store/event-store.ts';
import {
  AppendRefusedError,
  EventStoreUnavailableError,
  WrongExpectedRevisionError,
} from '../../infrastructure/event-store/event-store.ts';

/**
 * Streams in memory, with the answers of the port's contract that command handling depends on. Counts its calls, and can be made to
 * fail or to wait. The log as a whole cannot be read: test/integration/event-sourcing does that on the real store.
 */
export class MemoryStreams implements EventStore {
  /** Appends and reads since the last reset, such as `append things-1` and `read things-1 from 0`. */
  calls: string[] = [];
  /** Runs before each append is looked at; may throw. */
  beforeAppend: () => Promise<void> = () => Promise.resolve();
  /** Runs after each append was written; may throw, as if the answer were lost. */
  afterAppend: () => Promise<void> = () => Promise.resolve();
  /** Maximum number of events on a page, as a page has a limit in bytes. */
  pageLimit = Infinity;
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #beginnings = new Map<string, number>();
  #position = 0n;

  eventsOf(stream: string): readonly StoredEvent[] {
    return this.#streams.get(stream) ?? [];
  }

  /** Truncates a stream before this revision. */
  truncate(stream: string, before: number): void {
    this.#beginnings.set(stream, before);
  }

  async append({ stream, expectedRevision, events }: AppendRequest): Promise<Appended> {
    this.calls.push(`append ${stream}`);
    if (events.length === 0 || (typeof expectedRevision === 'number' && expectedRevision < 0))
      throw new RangeError('An append has at least one event, and no negative revision.');
    await this.beforeAppend();
    if (this.#beginnings.get(stream) === Infinity) throw new AppendRefusedError('The stream was deleted.');
    const written = [...this.eventsOf(stream)];
    const next = expectedRevision === 'no_stream' ? 0 : expectedRevision + 1;
    const isRepeated = events.every(({ id }, i) => written[next + i]?.id === id);
    if (!isRepeated) {
      if (next !== written.length) throw new WrongExpectedRevisionError(stream, expectedRevision);
      for (const event of events) {
        this.#position += 10n;
        written.push({ ...event, stream, revision: written.length, position: this.#position });
      }
      this.#streams.set(stream, written);
    }
    await this.afterAppend();
    const last = written[next + events.length - 1];
    return { revision: last?.revision ?? -1, position: last?.position ?? 0n };
  }

  readStream({ stream, from = 0, maxCount }: ReadStreamRequest): Promise<StreamPage> {
    this.calls.push(`read ${stream} from ${from}`);
    const written = this.eventsOf(stream);
    const beginning = this.#beginnings.get(stream) ?? 0;
    const begin = Math.max(from, Math.min(beginning, written.length));
    const end = begin + Math.min(maxCount, this.pageLimit);
    const truncated = from < Math.min(beginning, written.length);
    return Promise.resolve({ events: written.slice(begin, end), atEnd: end >= written.length, truncated });
  }

  readLog(): never {
    throw new EventStoreUnavailableError('Only streams are in memory.');
  }

  subscribe(): never {
    throw new EventStoreUnavailableError('Only streams are in memory.');
  }

  tail(): Promise<bigint> {
    return Promise.resolve(this.#position);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
