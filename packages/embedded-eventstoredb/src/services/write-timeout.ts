import { Code, GrpcError } from '../grpc/grpc-error.ts';

/** No write waits longer than this for its answer, whatever deadline the client gave, in milliseconds. */
export const WRITE_TIMEOUT_MS = 2000;

/** The result of a write, or ABORTED when it takes too long: then its outcome is open, and the client knows that. */
export function withinWriteTimeout<T>(write: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // After a stall of the process the commit may be as due as this: it goes first.
      setImmediate(() => {
        reject(new GrpcError(Code.ABORTED, 'Timeout'));
      });
    }, WRITE_TIMEOUT_MS);
    write.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
