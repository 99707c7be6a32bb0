import * as engine from '../engine/engine.ts';
import type { ExpectedRevision } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import {
  badRequest,
  empty,
  maximumAppendSizeExceeded,
  streamDeleted,
  toStreamIdentifier,
  wrongExpectedVersion,
} from '../wire/shared-messages.ts';

/** An expected revision as printed in the trailers of a refused delete or tombstone. */
function expectedNumber(expected: ExpectedRevision): string {
  const numbers = { no_stream: '-1', any: '-2', stream_exists: '-4' };
  return typeof expected === 'bigint' ? String(expected) : numbers[expected];
}

/** The status of every call on a tombstoned stream. */
export function streamDeletedStatus(stream: string): GrpcError {
  return new GrpcError(Code.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

export function maxAppendSizeStatus(maxAppendSize: number): GrpcError {
  return new GrpcError(Code.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSize} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendSize),
  });
}

/** The status of a unary call that the engine refused. Other errors are returned unchanged. */
export function toStatus(error: unknown): unknown {
  if (error instanceof engine.WrongExpectedRevisionError) {
    return new GrpcError(Code.FAILED_PRECONDITION, error.message, {
      exception: 'wrong-expected-version',
      'stream-name': error.stream,
      'expected-version': expectedNumber(error.expected),
      'actual-version': error.actual === 'no_stream' ? '-1' : String(error.actual),
    });
  }
  if (error instanceof engine.StreamDeletedError) return streamDeletedStatus(error.stream);
  if (error instanceof engine.MaxAppendSizeError) return maxAppendSizeStatus(error.maxAppendSize);
  if (error instanceof engine.EngineClosedError) return new GrpcError(Code.UNAVAILABLE, 'Server Is Shutting Down');
  if (error instanceof engine.OverloadedError) return new GrpcError(Code.UNAVAILABLE, 'Server Is Too Busy');
  return error;
}

/** The detail of a failed batch append: a packed message of `event_store.client`. */
export type BatchFailure = {
  readonly code: number;
  readonly message: string;
  readonly detail: string;
  readonly value: Buffer;
};

export const timeoutFailure = (): BatchFailure => ({
  code: Code.DEADLINE_EXCEEDED,
  message: 'Timeout',
  detail: 'Timeout',
  value: empty.encode({}),
});

export const badRequestFailure = (message: string): BatchFailure => ({
  code: Code.INVALID_ARGUMENT,
  message,
  detail: 'BadRequest',
  value: badRequest.encode({ message }),
});

export const maxAppendSizeFailure = (maxAppendSize: number): BatchFailure => ({
  code: Code.INVALID_ARGUMENT,
  message: 'Maximum Append Size Exceeded',
  detail: 'MaximumAppendSizeExceeded',
  value: maximumAppendSizeExceeded.encode({ maxAppendSize }),
});

/** The failure of a batch append that the engine refused. */
export function toBatchFailure(error: unknown): BatchFailure {
  if (error instanceof engine.WrongExpectedRevisionError) {
    return {
      code: Code.ALREADY_EXISTS,
      message: 'Wrong Expected Version',
      detail: 'WrongExpectedVersion',
      value: encodeWrongExpectedVersion(error),
    };
  }
  if (error instanceof engine.StreamDeletedError) {
    const value = streamDeleted.encode({ streamIdentifier: toStreamIdentifier(error.stream) });
    return { code: Code.NOT_FOUND, message: 'Stream Deleted', detail: 'StreamDeleted', value };
  }
  if (error instanceof engine.MaxAppendSizeError) return maxAppendSizeFailure(error.maxAppendSize);
  if (error instanceof engine.BadRequestError) return badRequestFailure(error.message);
  const message = error instanceof Error ? error.message : String(error);
  return { code: Code.UNKNOWN, message, detail: 'Unknown', value: empty.encode({}) };
}

function encodeWrongExpectedVersion({ expected, actual }: engine.WrongExpectedRevisionError): Buffer {
  const expectation =
    expected === 'any'
      ? { expectedAny: {} }
      : expected === 'no_stream'
        ? { expectedNoStream: {} }
        : expected === 'stream_exists'
          ? { expectedStreamExists: {} }
          : { expectedStreamPosition: expected };
  const current = actual === 'no_stream' ? { currentNoStream: {} } : { currentStreamRevision: actual };
  return wrongExpectedVersion.encode({ ...current, ...expectation });
}
