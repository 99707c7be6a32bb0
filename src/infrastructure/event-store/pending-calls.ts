/**
 * Calls waiting for the store thread. They survive its replacement: until their deadline, unanswered calls are sent again to the next
 * thread, appends with the same ids.
 */
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from './event-store.ts';
import type { EventStoreLimits } from './limits.ts';
import { now } from './thread/messages.ts';
import type { CallFailure, CallMessage } from './thread/messages.ts';

interface Pending {
  readonly message: CallMessage;
  readonly begunMs: number;
  /** Size of an append, in UTF-16 units; 0 for reads. */
  readonly units: number;
  /** True if it was sent to a thread, so it may have been executed. */
  readonly sent: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Interval of the deadline check, which runs only while calls are pending. It counts towards the 1 s in which `tail` must fail. */
const sweepMs = 40;

export class PendingCalls {
  readonly #limits: EventStoreLimits;
  readonly #onExpired: (begunMs: number) => void;
  readonly #calls = new Map<number, Pending>();
  #nextCall = 1;
  #appends = 0;
  #units = 0;
  #timer: NodeJS.Timeout | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(limits: EventStoreLimits, onExpired: (begunMs: number) => void) {
    this.#limits = limits;
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#calls.size;
  }

  /**
   * Registers a call and passes its message to `send`. Rejects at once if too much is pending. The caller chooses `T`, the answer to this
   * kind of message.
   */
  add<T>(units: number, timeoutMs: number, send: (message: CallMessage) => boolean, make: MakeMessage): Promise<T> {
    const call = this.#nextCall++;
    const begunMs = now();
    const message = make({ call, deadlineMs: begunMs + timeoutMs });
    const full = message.kind === 'append' ? this.#appendsFull(units) : this.#readsFull();
    if (full) return Promise.reject(new EventStoreUnavailableError(full));
    return new Promise<T>((resolve, reject) => {
      if (message.kind === 'append') this.#appends += 1;
      this.#units += units;
      const sent = send(message);
      this.#calls.set(call, { message, begunMs, units, sent, resolve: resolve as (answer: unknown) => void, reject });
      this.#timer ??= setInterval(() => {
        this.#sweep();
      }, sweepMs);
    });
  }

  /** Resolves a call. Ignores answers to calls that are no longer pending. */
  resolve(call: number, answer: unknown): void {
    this.#take(call)?.resolve(answer);
  }

  fail(call: number, failure: CallFailure): void {
    const pending = this.#take(call);
    pending?.reject(errorOf(failure, pending.message));
  }

  /** Sends all calls to a new thread. Appends that were sent before are marked as repeated. */
  resend(send: (message: CallMessage) => boolean): void {
    for (const [call, pending] of this.#calls) {
      const { message } = pending;
      const again = pending.sent && message.kind === 'append' ? { ...message, repeated: true } : message;
      this.#calls.set(call, { ...pending, message: again, sent: send(again) || pending.sent });
    }
  }

  /** Resolves when no call is pending; deadlines guarantee that. */
  drained(): Promise<void> {
    return this.#calls.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#onEmpty = resolve));
  }

  failAll(message: string): void {
    for (const call of [...this.#calls.keys()]) this.fail(call, { code: 'event-store-unavailable', message });
  }

  #take(call: number): Pending | undefined {
    const pending = this.#calls.get(call);
    if (!pending) return undefined;
    this.#calls.delete(call);
    if (pending.message.kind === 'append') this.#appends -= 1;
    this.#units -= pending.units;
    if (this.#calls.size === 0) {
      if (this.#timer) clearInterval(this.#timer);
      this.#timer = null;
      this.#onEmpty?.();
      this.#onEmpty = null;
    }
    return pending;
  }

  /**
   * Fails overdue calls, in case the store thread does not answer at all; normally it enforces the deadlines. If the main thread was
   * blocked, answers may already be queued, so they are processed first.
   */
  #sweep(): void {
    const latest = now() - this.#limits.slackMs;
    const late = [...this.#calls].filter(([, { message }]) => message.deadlineMs <= latest);
    if (late.length === 0) return;
    setImmediate(() => {
      for (const [call, { begunMs }] of late) {
        if (!this.#calls.has(call)) continue;
        this.fail(call, { code: 'event-store-unavailable', message: 'The event store gave no answer in time.' });
        this.#onExpired(begunMs);
      }
    });
  }

  #appendsFull(units: number): string | null {
    if (this.#appends >= this.#limits.maxPendingAppends) return `${this.#appends} appends are pending already.`;
    if (this.#appends > 0 && this.#units + units > this.#limits.maxPendingAppendUnits) {
      return 'The appends that are pending already are too large together.';
    }
    return null;
  }

  #readsFull(): string | null {
    const reads = this.#calls.size - this.#appends;
    return reads >= this.#limits.maxPendingReads ? `${reads} reads are pending already.` : null;
  }
}

export type MakeMessage = (head: { call: number; deadlineMs: number }) => CallMessage;

function errorOf({ code, message }: CallFailure, call: CallMessage): Error {
  switch (code) {
    case 'wrong-expected-revision':
      return call.kind === 'append'
        ? new WrongExpectedRevisionError(call.stream, call.expectedRevision)
        : new EventStoreUnavailableError(message);
    case 'append-refused':
      return new AppendRefusedError(message);
    case 'event-store-unavailable':
      return new EventStoreUnavailableError(message);
  }
}
