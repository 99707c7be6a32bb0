import type { ExpectedRevision } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { streamName } from '../wire/shared-messages.ts';
import type { WriteTarget } from '../wire/write-messages.ts';

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

/** An expected revision from the wire: the highest uint64 means "no stream"; undefined if no stream can have it. */
export function revisionExpectation(revision: bigint): ExpectedRevision | undefined {
  if (revision === UINT64_MAX) return 'no_stream';
  return revision > INT64_MAX ? undefined : revision;
}

/** Stream and expected revision of an append, delete or tombstone. Throws the status of a real server. */
export function readTarget(target: WriteTarget | undefined): { stream: string; expectedRevision: ExpectedRevision } {
  if (!target) throw new GrpcError(Code.UNKNOWN, 'The request has no options');
  const stream = streamName(target.streamIdentifier);
  if (stream === undefined) throw new GrpcError(Code.UNKNOWN, 'The request has no stream name');
  const expectedRevision = readExpectation(target);
  if (expectedRevision === undefined)
    throw new GrpcError(Code.INVALID_ARGUMENT, 'The request has no expected revision');
  return { stream, expectedRevision };
}

function readExpectation(target: WriteTarget): ExpectedRevision | undefined {
  if (target.any) return 'any';
  if (target.noStream) return 'no_stream';
  if (target.streamExists) return 'stream_exists';
  if (target.revision === undefined) return undefined;
  const expected = revisionExpectation(target.revision);
  if (expected === undefined) throw new GrpcError(Code.UNKNOWN, `No stream can be at revision ${target.revision}`);
  return expected;
}
