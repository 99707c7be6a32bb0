import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { StatusCode } from '../grpc/grpc-error.ts';

function groupError(code: StatusCode, exception: string, text: string, source: string, group: string): GrpcError {
  return new GrpcError(code, text, { exception, 'stream-name': source, 'group-name': group });
}

export const groupExists = (source: string, group: string): GrpcError =>
  groupError(
    Code.ALREADY_EXISTS,
    'persistent-subscription-exists',
    `Subscription group ${group} on stream ${source} exists.`,
    source,
    group,
  );

export const groupDoesNotExist = (source: string, group: string): GrpcError =>
  groupError(
    Code.NOT_FOUND,
    'persistent-subscription-does-not-exist',
    `Subscription group ${group} on stream ${source} does not exist.`,
    source,
    group,
  );

export const groupDropped = (source: string, group: string): GrpcError =>
  groupError(
    Code.CANCELLED,
    'persistent-subscription-dropped',
    `Subscription group ${group} on stream ${source} was dropped.`,
    source,
    group,
  );

export const tooManySubscribers = (source: string, group: string): GrpcError =>
  groupError(
    Code.FAILED_PRECONDITION,
    'maximum-subscribers-reached',
    `Maximum subscriptions reached for subscription group ${group} on stream ${source}.`,
    source,
    group,
  );

/** `reason` is sent to the client, so it must be printable ASCII. */
export const groupFailed = (source: string, group: string, reason: string): GrpcError =>
  new GrpcError(Code.INTERNAL, `Subscription group ${group} on stream ${source} failed: ${reason}`, {
    exception: 'persistent-subscription-failed',
    'stream-name': source,
    'group-name': group,
    reason,
  });
