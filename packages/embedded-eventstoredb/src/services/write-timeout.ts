import { Code, GrpcError } from '../grpc/grpc-error.ts';

/** Maximum time to answer a write, in milliseconds, whatever the client's deadline. */
export const WRITE_TIMEOUT_MS = 2000;

/** The result of a write, or ABORTED if it takes too long. The client then knows that the outcome is unknown. */
export function withinWriteTimeout<T>(write: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // After a stall of the process, commit and timeout may be due at the same time: the commit goes first.
      setImmediate(() => {
        reject(new GrpcError(Code.ABORTED, 'Timeout'));
      });
    }, WRITE_TIMEOUT_MS);
    write.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
