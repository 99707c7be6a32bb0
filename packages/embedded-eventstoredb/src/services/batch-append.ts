import { BadRequestError } from '../engine/engine.ts';
import type { Engine, ExpectedRevision, NewEvent } from '../engine/engine.ts';
import { canonicalGuid } from '../engine/event-id.ts';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { decodeBatchRequest } from '../wire/append-requests.ts';
import type { BatchOptions, BatchRequestPart } from '../wire/append-requests.ts';
import { encodeBatchFailure, encodeBatchSuccess } from '../wire/batch-responses.ts';
import { badRequestFailure, maxAppendSizeFailure, timeoutFailure, toBatchFailure } from './engine-errors.ts';
import type { BatchFailure } from './engine-errors.ts';
import { revisionExpectation } from './expectation.ts';
import { eventBytes, toNewEvent } from './proposed-event.ts';
import { WRITE_TIMEOUT_MS } from './write-timeout.ts';

/** Reading from a client pauses when its pending appends reach this many bytes, until half of them are answered. */
const MAX_BYTES_UNDER_WAY = 64 * 1024 * 1024;

/** Streams.BatchAppend: many appends in one call, each in one or more messages, each answered exactly once. */
export const batchAppend =
  (engine: Engine): Handler =>
  (call) => {
    new BatchAppendCall(engine, call).serve();
  };

/** An append of the call, from its first message to its answer. */
type PendingAppend = {
  readonly correlationId: string;
  readonly stream: string | undefined;
  readonly expected: ExpectedRevision | undefined;
  readonly events: NewEvent[];
  readonly deadline: number;
  bytes: number;
  isAnswered: boolean;
};

class BatchAppendCall {
  readonly #engine: Engine;
  readonly #call: GrpcCall;
  /** Incomplete appends, by correlation id. */
  readonly #open = new Map<string, PendingAppend>();
  readonly #unanswered = new Set<PendingAppend>();
  #bytesUnderWay = 0;
  #isPaused = false;
  #isHalfClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, call: GrpcCall) {
    this.#engine = engine;
    this.#call = call;
  }

  serve(): void {
    this.#call.onClosed(() => {
      clearTimeout(this.#timer);
    });
    this.#call.receive(
      (message) => {
        this.#receive(decodeBatchRequest(message));
      },
      () => {
        this.#isHalfClosed = true;
        this.#endIfDone();
      },
    );
  }

  #receive(part: BatchRequestPart): void {
    const { correlationId = '', options } = part;
    const append = options ? this.#begin(correlationId, options) : this.#open.get(correlationId);
    // Without options the append was answered already, or never begun.
    if (!append) return;
    const failure = this.#check(append) ?? this.#addEvents(append, part);
    if (failure) this.#answer(append, encodeBatchFailure(correlationId, append.stream, failure));
    else if (part.isFinal) void this.#execute(append);
  }

  #begin(correlationId: string, { stream, expected, deadline }: BatchOptions): PendingAppend {
    const now = Date.now();
    const append: PendingAppend = {
      correlationId,
      stream,
      expected: typeof expected === 'bigint' ? revisionExpectation(expected) : expected,
      events: [],
      deadline: Math.min(deadline ?? Infinity, now + WRITE_TIMEOUT_MS),
      bytes: 0,
      isAnswered: false,
    };
    this.#open.set(correlationId, append);
    this.#unanswered.add(append);
    if (!this.#timer) this.#watch(append.deadline - now);
    return append;
  }

  #check({ correlationId, stream, expected, deadline }: PendingAppend): BatchFailure | undefined {
    if (canonicalGuid(correlationId) === undefined) return badRequestFailure('The correlation id is not a GUID');
    if (stream === undefined) return badRequestFailure('The append has no stream name');
    if (expected === undefined) return badRequestFailure('The append has no expected revision');
    return deadline <= Date.now() ? timeoutFailure() : undefined;
  }

  #addEvents(append: PendingAppend, part: BatchRequestPart): BatchFailure | undefined {
    try {
      for (const proposed of part.events) {
        const event = toNewEvent(proposed);
        append.events.push(event);
        append.bytes += eventBytes(event);
        this.#bytesUnderWay += eventBytes(event);
      }
    } catch (error) {
      if (error instanceof BadRequestError) return badRequestFailure(error.message);
      throw error;
    }
    if (append.bytes > this.#engine.maxAppendSize) return maxAppendSizeFailure(this.#engine.maxAppendSize);
    this.#pauseIfFull();
    return undefined;
  }

  async #execute(append: PendingAppend): Promise<void> {
    const { correlationId, stream = '', expected = 'any', events } = append;
    this.#open.delete(correlationId);
    try {
      const result = await this.#engine.append({ stream, expectedRevision: expected, events });
      this.#answer(append, encodeBatchSuccess(correlationId, stream, result));
    } catch (error) {
      this.#answer(append, encodeBatchFailure(correlationId, stream, toBatchFailure(error)));
    }
  }

  /** Answers an append, once: a second answer would hang the client, so it is dropped. */
  #answer(append: PendingAppend, response: Buffer): void {
    if (append.isAnswered) return;
    append.isAnswered = true;
    if (this.#open.get(append.correlationId) === append) this.#open.delete(append.correlationId);
    this.#unanswered.delete(append);
    this.#bytesUnderWay -= append.bytes;
    this.#call.send(response);
    if (this.#isPaused && this.#bytesUnderWay <= MAX_BYTES_UNDER_WAY / 2) {
      this.#isPaused = false;
      this.#call.resume();
    }
    this.#endIfDone();
  }

  #pauseIfFull(): void {
    if (this.#bytesUnderWay < MAX_BYTES_UNDER_WAY || this.#isPaused) return;
    this.#isPaused = true;
    this.#call.pause();
  }

  #endIfDone(): void {
    if (this.#isHalfClosed && this.#unanswered.size === 0) this.#call.end();
  }

  /** One timer serves all appends of the call: it is set for the first deadline, and looks for the next when it fires. */
  #watch(delayMs: number): void {
    this.#timer = setTimeout(
      () => {
        // After a stall of the process, commit and deadline may be due at the same time: the commit goes first.
        setImmediate(() => {
          this.#answerOverdue();
        });
      },
      Math.max(0, delayMs),
    );
  }

  #answerOverdue(): void {
    const now = Date.now();
    let next = Infinity;
    for (const append of this.#unanswered) {
      if (append.deadline > now) next = Math.min(next, append.deadline);
      else this.#answer(append, encodeBatchFailure(append.correlationId, append.stream, timeoutFailure()));
    }
    this.#timer = undefined;
    if (next < Infinity && this.#call.isOpen) this.#watch(next - now);
  }
}
