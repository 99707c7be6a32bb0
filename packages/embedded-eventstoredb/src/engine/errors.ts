import type { ExpectedRevision } from './types.ts';

/** Base of every error of the engine. Match on `code`, which is stable, never on the message. */
export class EngineError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The stream is not at the expected revision. Code `wrong-expected-revision`. */
export class WrongExpectedRevisionError extends EngineError {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** The stream's last revision; `'no_stream'` if it never had an event. */
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

/** The events of one append exceed the maximum size in total. Code `max-append-size-exceeded`. */
export class MaxAppendSizeError extends EngineError {
  readonly maxAppendSize: number;

  constructor(maxAppendSize: number) {
    super('max-append-size-exceeded', `The append exceeds ${maxAppendSize} bytes`);
    this.maxAppendSize = maxAppendSize;
  }
}

/** The request is malformed: no stream name, an id that is not a GUID, an empty type. Code `bad-request`. */
export class BadRequestError extends EngineError {
  constructor(message: string) {
    super('bad-request', message);
  }
}

/** The engine is closed or closing. The refused append was not written. Code `closed`. */
export class EngineClosedError extends EngineError {
  constructor() {
    super('closed', 'The engine is closed');
  }
}

/** Too many bytes are waiting to be committed. Nothing was written; retry later. Code `overloaded`. */
export class OverloadedError extends EngineError {
  constructor() {
    super('overloaded', 'Too many appends are waiting to be committed');
  }
}

/** Another engine, in this or another process, has the log open. Code `locked`. */
export class LockedError extends EngineError {
  constructor(path: string) {
    super('locked', `The event store in '${path}' is in use by another node; only one node may open it at a time`);
  }
}

/** The files were written by a newer version of this package. Code `newer-format`. */
export class NewerFormatError extends EngineError {
  constructor(path: string, found: number, known: number) {
    super(
      'newer-format',
      `'${path}' has format ${found}, but this version reads formats up to ${known}; upgrade embedded-eventstoredb`,
    );
  }
}

/** The file is damaged, or not an event log of this package. Code `not-an-event-log`. */
export class NotAnEventLogError extends EngineError {
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super('not-an-event-log', `'${path}' is not a readable event log: ${reason}`, options);
  }
}

/**
 * SQLite failed to write. Unless the commit itself failed, the waiting appends were not written. A retry with the same
 * event ids and an exact revision is safe in any case. Code `storage-failed`.
 */
export class StorageError extends EngineError {
  constructor(message: string, options?: ErrorOptions) {
    super('storage-failed', message, options);
  }
}
