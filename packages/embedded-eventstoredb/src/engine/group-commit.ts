import { EngineClosedError, EngineError, OverloadedError, StorageError } from './errors.ts';
import { isBusy, sqliteCode } from './file-lock.ts';
import type { CommittedBatch, Writer } from './writer.ts';

/** A transaction takes at most this many operations, and ends after the operation that reaches this many bytes. */
const MAX_OPERATIONS = 4096;
const MAX_BYTES = 16 * 1024 * 1024;

/** Weight of an operation besides its events, so that empty operations are limited too. */
const OPERATION_BYTES = 256;

/** How long a commit waits while more operations keep coming: turns of the event loop, and milliseconds. */
const MAX_TURNS = 64;
const MAX_WAIT_MS = 2;

/** If another process is writing to the file, such as a backup, a commit is retried this often and for this long. */
const BUSY_RETRY_MS = 10;
const BUSY_LIMIT_MS = 10_000;

/** After these SQLite errors (I/O, corruption, not a database) the state in memory may not match the file. */
const FATAL_CODES = new Set([10, 11, 26]);

type Operation = {
  readonly bytes: number;
  readonly apply: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: EngineError) => void;
  outcome: { value: unknown } | { error: EngineError } | undefined;
};

/**
 * Runs operations on the writer, many in one transaction, and settles each when its transaction is durable. A commit
 * costs one fdatasync regardless of its size, so the first operation waits as long as the event loop keeps delivering
 * more: a single writer waits for one turn, many writers share one commit.
 */
export class GroupCommit {
  readonly #writer: Writer;
  readonly #onCommitted: (batch: CommittedBatch) => void;
  readonly #maxWaitingBytes: number;
  #waiting: Operation[] = [];
  #waitingBytes = 0;
  #armed = false;
  #busySince: number | undefined;
  #refusal: EngineError | undefined;

  constructor(writer: Writer, maxWaitingBytes: number, onCommitted: (batch: CommittedBatch) => void) {
    this.#writer = writer;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#onCommitted = onCommitted;
  }

  /** Runs `apply` in the next transaction. If it throws an EngineError, only this operation is rejected. */
  run<T>(bytes: number, apply: () => T): Promise<T> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (this.#waitingBytes > this.#maxWaitingBytes) return Promise.reject(new OverloadedError());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ bytes: bytes + OPERATION_BYTES, apply, resolve, reject, outcome: undefined });
      this.#waitingBytes += bytes + OPERATION_BYTES;
      if (!this.#armed) this.#arm(0, performance.now(), this.#waiting.length);
    });
  }

  /** Commits everything that is waiting, and refuses what comes later. */
  close(): void {
    this.#refusal ??= new EngineClosedError();
    while (this.#waiting.length > 0) this.#commitSome();
  }

  #arm(turns: number, since: number, seen: number): void {
    this.#armed = true;
    setImmediate(() => {
      const grew = this.#waiting.length > seen;
      if (grew && turns < MAX_TURNS && performance.now() - since < MAX_WAIT_MS) {
        this.#arm(turns + 1, since, this.#waiting.length);
        return;
      }
      this.#armed = false;
      if (this.#waiting.length > 0) this.#commitSome();
      if (this.#waiting.length > 0 && !this.#armed) this.#arm(MAX_TURNS, since, 0);
    });
  }

  #take(): Operation[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && count < MAX_OPERATIONS && bytes < MAX_BYTES) {
      bytes += this.#waiting[count++]?.bytes ?? 0;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= bytes;
    return taken;
  }

  #commitSome(): void {
    const taken = this.#take();
    let batch: CommittedBatch;
    try {
      for (const operation of taken) operation.outcome = attempt(operation.apply);
      batch = this.#writer.commit();
      this.#busySince = undefined;
    } catch (error) {
      if (!isBusy(error) || !this.#tryAgainLater(taken)) this.#fail(taken, error);
      return;
    }
    // Readers first: a caller that learns of the commit must be able to read the events.
    if (batch.events.length > 0) this.#onCommitted(batch);
    for (const { outcome, resolve, reject } of taken) {
      if (outcome && 'value' in outcome) resolve(outcome.value as never);
      else if (outcome) reject(outcome.error);
    }
  }

  /** Puts the operations back in the queue. Returns false if they have waited too long, or the engine is closing. */
  #tryAgainLater(taken: Operation[]): boolean {
    this.#busySince ??= performance.now();
    if (this.#refusal || performance.now() - this.#busySince > BUSY_LIMIT_MS) return false;
    this.#writer.rollback();
    this.#waiting = [...taken, ...this.#waiting];
    for (const { bytes } of taken) this.#waitingBytes += bytes;
    this.#armed = true;
    setTimeout(() => {
      this.#arm(MAX_TURNS, 0, 0);
    }, BUSY_RETRY_MS);
    return true;
  }

  #fail(taken: Operation[], cause: unknown): void {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const failure = new StorageError(`The events could not be stored: ${detail}`, { cause });
    if (FATAL_CODES.has(sqliteCode(cause) ?? 0)) this.#refusal ??= failure;
    try {
      this.#writer.rollback();
    } catch {
      this.#refusal ??= failure;
    }
    for (const { reject } of taken) reject(failure);
  }
}

function attempt(apply: () => unknown): NonNullable<Operation['outcome']> {
  try {
    return { value: apply() };
  } catch (error) {
    if (error instanceof EngineError) return { error };
    throw error;
  }
}
