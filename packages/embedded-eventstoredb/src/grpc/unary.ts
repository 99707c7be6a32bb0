import { Code, GrpcError } from './grpc-error.ts';
import type { GrpcCall } from './grpc-call.ts';
import type { Handler } from './grpc-server.ts';

/** The single message of a request. Rejects with INTERNAL if the client sends none; never settles if it disconnects. */
export function oneMessage(call: GrpcCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let request: Buffer | undefined;
    call.receive(
      (message) => {
        request ??= message;
      },
      () => {
        if (request) resolve(request);
        else reject(new GrpcError(Code.INTERNAL, 'The request has no message'));
      },
    );
  });
}

/** Handles a method with one request and one response. */
export function unary(answer: (request: Buffer, call: GrpcCall) => Buffer | Promise<Buffer>): Handler {
  return async (call) => {
    const response = await answer(await oneMessage(call), call);
    call.send(response);
    call.end();
  };
}
