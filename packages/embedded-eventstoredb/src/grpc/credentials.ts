import type { GrpcCall } from './grpc-call.ts';

/** The Basic credentials of a call, as `name:password`; undefined if there are none. */
export function credentials(call: GrpcCall): string | undefined {
  const header = call.header('authorization');
  return header === undefined ? undefined : Buffer.from(header.replace(/^Basic\s+/i, ''), 'base64').toString('utf8');
}

/** The name in a call's credentials; `anonymous` if there are none. */
export function userName(call: GrpcCall): string {
  return credentials(call)?.split(':')[0] ?? 'anonymous';
}
