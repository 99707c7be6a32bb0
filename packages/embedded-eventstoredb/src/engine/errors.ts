import type { ExpectedRevision } from './types.ts';

/** Every refusal of the engine. Match on `code` (stable), never on the message. */
export class EngineError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The stream is not at the revision the append named. Code `wrong-expected-revision`. */
export class WrongExpectedRevisionError extends EngineError {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** The stream's last revision, `'no_stream'` when it never had an event. */
  readonly actual: bigint | 'no_stream';

  constructor(stream: string, expected: ExpectedRevision, actual: bigint | 'no_stream') {
    super('wrong-expected-revision', `Stream '${stream}' is at ${actual}, but the append expects ${expected}`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The stream is tombstoned, or an append that needs it to exist found it soft-deleted. Code `stream-deleted`. */
export class StreamDeletedError extends EngineError {
  readonly stream: string;

  constructor(stream: string) {
    super('stream-deleted', `Stream '${stream}' is deleted`);
    this.stream = stream;
  }
}

/** The events of one append are larger together than the engine was opened for. Code `max-append-size-exceeded`. */
export class MaxAppendSizeError extends EngineError {
  readonly maxAppendSize: number;

  constructor(maxAppendSize: number) {
    super('max-append-size-exceeded', `The append exceeds ${maxAppendSize} bytes`);
    this.maxAppendSize = maxAppendSize;
  }
}

/** The request itself is malformed: no stream name, an id that is no GUID, an empty type. Code `bad-request`. */
export class BadRequestError extends EngineError {
  constructor(message: string) {
    super('bad-request', message);
  }
}

/** The engine is closed or closing. An append refused with it was not written. Code `closed`. */
export class EngineClosedError extends EngineError {
  constructor() {
    super('closed', 'The engine is closed');
  }
}

/** More bytes wait for their commit than the engine may hold. Nothing was written; try later. Code `overloaded`. */
export class OverloadedError extends EngineError {
  constructor() {
    super('overloaded', 'Too many appends are waiting to be committed');
  }
}

/** Another engine, in this or another process, has the files open. Code `locked`. */
export class LockedError extends EngineError {
  constructor(path: string) {
    super('locked', `The event store in '${path}' is in use by another node; one node at a time may open it`);
  }
}

/** The files were written by a newer version of this package. Code `newer-format`. */
export class NewerFormatError extends EngineError {
  constructor(path: string, found: number, known: number) {
    super(
      'newer-format',
      `'${path}' has format ${found}, but this version reads formats up to ${known}: upgrade embedded-eventstoredb`,
    );
  }
}

/** The file is no event log of this package, or is damaged. Code `not-an-event-log`. */
export class NotAnEventLogError extends EngineError {
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super('not-an-event-log', `'${path}' is not a readable event log: ${reason}`, options);
  }
}

/**
 * SQLite failed to write. The outcome of the appends that were waiting is unknown only if the failure was in the
 * commit itself; a retry with the same event ids and an exact revision is safe. Code `storage-failed`.
 */
export class StorageError extends EngineError {
  constructor(message: string, options?: ErrorOptions) {
    super('storage-failed', message, options);
  }
}
