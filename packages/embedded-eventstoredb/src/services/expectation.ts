import type { ExpectedRevision } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { streamName } from '../wire/shared-messages.ts';
import type { WriteTarget } from '../wire/write-messages.ts';

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

/** A revision sent as an expectation: the largest of all means "no stream"; undefined where no stream can be. */
export function revisionExpectation(revision: bigint): ExpectedRevision | undefined {
  if (revision === UINT64_MAX) return 'no_stream';
  return revision > INT64_MAX ? undefined : revision;
}

/** Stream and expectation of an append, delete or tombstone. Throws the status a real server answers with. */
export function readTarget(target: WriteTarget | undefined): { stream: string; expectedRevision: ExpectedRevision } {
  if (!target) throw new GrpcError(Code.UNKNOWN, 'The request holds no options');
  const stream = streamName(target.streamIdentifier);
  if (stream === undefined) throw new GrpcError(Code.UNKNOWN, 'The request names no stream');
  const expectedRevision = readExpectation(target);
  if (expectedRevision === undefined) throw new GrpcError(Code.INVALID_ARGUMENT, 'The request expects no revision');
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
