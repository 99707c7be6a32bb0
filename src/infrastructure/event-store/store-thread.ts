/**
 * The event store: a port on the main thread, and a worker thread that owns the log. If the thread hangs or dies, it is replaced and
 * pending calls are sent again.
 */
import { Slots } from '../slots.ts';
import { EventStoreUnavailableError } from './event-store.ts';
import type {
  AppendRequest,
  Appended,
  EventStore,
  LogPage,
  LogSubscription,
  ReadLogRequest,
  ReadStreamRequest,
  StreamPage,
  SubscribeRequest,
} from './event-store.ts';
import { defaultLimits } from './limits.ts';
import type { EventStoreLimits } from './limits.ts';
import { PendingCalls } from './pending-calls.ts';
import type { MakeMessage } from './pending-calls.ts';
import { RemoteSubscription } from './remote-subscription.ts';
import { ThreadLink, threadEntry } from './thread-link.ts';
import { parseConnectionString, redactor } from './thread/connection-string.ts';
import { now } from './thread/messages.ts';
import type { CallMessage, LogLevel, StoreLocation, SubscribeMessage, ThreadNews } from './thread/messages.ts';

export type EventStoreOptions = (
  | {
      readonly kind: 'embedded';
      /** Directory of the log, created if missing. Only one process may open it at a time. */
      readonly path: string;
    }
  | {
      readonly kind: 'eventstoredb';
      /** As for the official clients: `esdb://user:password@host:2113?tls=true`, several hosts, or `esdb+discover://`. */
      readonly connectionString: string;
    }
) & {
  /** Receives messages for operators. They never contain a password. */
  readonly log?: (level: LogLevel, message: string) => void;
  readonly limits?: Partial<EventStoreLimits>;
  /** For tests: another entry file for the thread, which must load the usual one. */
  readonly threadEntry?: URL;
};

/**
 * Opens the embedded log, or prepares the connection to a server, which need not be available yet. Rejects if the log cannot be opened
 * or the connection string is malformed.
 */
export async function startEventStore(options: EventStoreOptions): Promise<EventStore> {
  const location: StoreLocation =
    options.kind === 'embedded'
      ? { kind: 'embedded', path: options.path }
      : { kind: 'eventstoredb', connection: parseConnectionString(options.connectionString) };
  const store = new ThreadedEventStore(location, options);
  await store.start();
  return store;
}

interface Subscribed {
  readonly message: SubscribeMessage;
  readonly reader: RemoteSubscription;
}

class ThreadedEventStore implements EventStore {
  readonly #limits: EventStoreLimits;
  readonly #redact: (text: string) => string;
  readonly #log: (level: LogLevel, message: string) => void;
  readonly #link: ThreadLink;
  readonly #calls: PendingCalls;
  readonly #pages: Slots;
  readonly #subscriptions = new Map<number, Subscribed>();
  #nextSubscription = 1;
  /** When the first of the unanswered calls in a row began; null after any answer. */
  #unansweredSinceMs: number | null = null;
  #closing: Promise<void> | null = null;

  constructor(location: StoreLocation, options: EventStoreOptions) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#redact = redactor(location.kind === 'eventstoredb' ? location.connection : null);
    this.#log = (level, message) => options.log?.(level, this.#redact(message));
    this.#calls = new PendingCalls(this.#limits, (begunMs) => {
      this.#suspect(begunMs);
    });
    this.#pages = new Slots(this.#limits.maxPagesAtOnce, this.#limits.maxPendingReads - this.#limits.maxPagesAtOnce);
    this.#link = new ThreadLink({ location, limits: this.#limits }, options.threadEntry ?? threadEntry, {
      onReady: () => {
        // Calls that another thread left unanswered do not count against this one.
        this.#unansweredSinceMs = null;
        this.#calls.resend(this.#send);
        for (const { message } of this.#subscriptions.values()) this.#link.send(message);
      },
      onMessage: (message) => {
        this.#receive(message);
      },
      onLost: () => {
        for (const subscription of [...this.#subscriptions.keys()]) this.#drop(subscription, 'the store thread ended');
      },
      log: this.#log,
    });
  }

  async start(): Promise<void> {
    const failure = await this.#link.start();
    if (failure !== null) throw new Error(this.#redact(`The event store could not be opened: ${failure}`));
  }

  append({ stream, expectedRevision, events }: AppendRequest): Promise<Appended> {
    let units = 0;
    // Copied field by field: one message that cannot be cloned would fail all others posted with it.
    const copies = events.map(({ id, type, data, metadata }) => {
      units += data.length + metadata.length;
      return { id, type, data, metadata };
    });
    return this.#call(units, this.#limits.appendTimeoutMs, (head) => ({
      kind: 'append',
      ...head,
      stream,
      expectedRevision,
      events: copies,
      repeated: false,
    }));
  }

  async readStream({ stream, from = 0, maxCount }: ReadStreamRequest): Promise<StreamPage> {
    checkCount(maxCount);
    return this.#readPage(this.#limits.readTimeoutMs, (head) => ({
      kind: 'read-stream',
      ...head,
      stream,
      from,
      maxCount,
    }));
  }

  async readLog({ after, streamPrefix, maxCount }: ReadLogRequest): Promise<LogPage> {
    checkCount(maxCount);
    return this.#readPage(this.#limits.readLogTimeoutMs, (head) => ({
      kind: 'read-log',
      ...head,
      after,
      streamPrefix,
      maxCount,
    }));
  }

  tail(): Promise<bigint | null> {
    return this.#call(0, this.#limits.tailTimeoutMs, (head) => ({ kind: 'tail', ...head }));
  }

  subscribe({ after, streamPrefix, paceMs }: SubscribeRequest): LogSubscription {
    if (this.#closing) throw new EventStoreUnavailableError('The event store is closed.');
    if (this.#subscriptions.size >= this.#limits.maxSubscriptions) {
      throw new EventStoreUnavailableError(`${this.#subscriptions.size} subscriptions are running already.`);
    }
    const subscription = this.#nextSubscription++;
    const reader = new RemoteSubscription({
      onTaken: () => this.#link.send({ kind: 'credit', subscription }),
      onHurry: () => this.#link.send({ kind: 'hurry', subscription }),
      onClosed: () => {
        this.#subscriptions.delete(subscription);
        this.#link.send({ kind: 'unsubscribe', subscription });
      },
    });
    const pace = paceMs === undefined ? {} : { paceMs };
    const message: SubscribeMessage = { kind: 'subscribe', subscription, after, streamPrefix, ...pace };
    this.#subscriptions.set(subscription, { message, reader });
    this.#link.send(message);
    return reader;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const limitMs = this.#limits.closeTimeoutMs;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#calls.drained(), new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))]);
    clearTimeout(timer);
    for (const { reader } of [...this.#subscriptions.values()]) reader.close();
    await this.#link.close(limitMs);
    this.#calls.failAll('The event store was closed.');
  }

  /** Waiting for a slot counts towards the timeout, so each call is answered in time however many wait. */
  #readPage<T>(timeoutMs: number, make: MakeMessage): Promise<T> {
    const untilMs = now() + timeoutMs;
    return this.#pages.run(
      timeoutMs,
      () => this.#call<T>(0, untilMs - now(), make),
      () => new EventStoreUnavailableError('Too many pages are read at once.'),
    );
  }

  #call<T>(units: number, timeoutMs: number, make: MakeMessage): Promise<T> {
    if (this.#closing) return Promise.reject(new EventStoreUnavailableError('The event store is closed.'));
    return this.#calls.add<T>(units, timeoutMs, this.#send, make);
  }

  readonly #send = (message: CallMessage): boolean => this.#link.send(message);

  #receive(message: ThreadNews): void {
    switch (message.kind) {
      case 'appended':
        this.#unansweredSinceMs = null;
        this.#calls.resolve(message.call, { revision: message.revision, position: message.position });
        return;
      case 'stream-page': {
        const { events, atEnd, truncated } = message;
        this.#unansweredSinceMs = null;
        this.#calls.resolve(message.call, { events, atEnd, truncated });
        return;
      }
      case 'log-page': {
        const { events, position, atEnd } = message;
        this.#unansweredSinceMs = null;
        this.#calls.resolve(message.call, { events, position, atEnd });
        return;
      }
      case 'tail':
        this.#unansweredSinceMs = null;
        this.#calls.resolve(message.call, message.position);
        return;
      case 'failed':
        this.#unansweredSinceMs = null;
        this.#calls.fail(message.call, { ...message.failure, message: this.#redact(message.failure.message) });
        return;
      case 'batch': {
        const { events, touched, position, caughtUp } = message;
        this.#subscriptions.get(message.subscription)?.reader.deliver({ events, touched, position, caughtUp });
        return;
      }
      case 'dropped':
        this.#drop(message.subscription, message.reason);
        return;
      case 'log':
        this.#log(message.level, message.message);
        return;
    }
  }

  #drop(subscription: number, reason: string): void {
    const subscribed = this.#subscriptions.get(subscription);
    this.#subscriptions.delete(subscription);
    subscribed?.reader.drop(this.#redact(reason));
  }

  /** Replaces a thread that answers heartbeats but has answered no call for too long. Late answers count as answers. */
  #suspect(begunMs: number): void {
    if (this.#unansweredSinceMs === null) this.#unansweredSinceMs = begunMs;
    else if (begunMs - this.#unansweredSinceMs >= this.#limits.unansweredMs) {
      this.#unansweredSinceMs = null;
      this.#link.replace('it answered no call any more');
    }
  }
}

function checkCount(maxCount: number): void {
  if (!Number.isInteger(maxCount) || maxCount < 1 || maxCount > 4_096) {
    throw new RangeError(`A read takes from 1 to 4,096 events, not ${maxCount}.`);
  }
}
