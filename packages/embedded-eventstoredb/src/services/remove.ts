import type { Engine } from '../engine/engine.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { unary } from '../grpc/unary.ts';
import { removeRequest, removeResponse } from '../wire/write-messages.ts';
import { toStatus } from './engine-errors.ts';
import { readTarget } from './expectation.ts';
import { withinWriteTimeout } from './write-timeout.ts';

/** Streams.Delete: hides the stream until the next append to it. */
export const deleteStream = (engine: Engine): Handler => remove((target) => engine.deleteStream(target));

/** Streams.Tombstone: ends the stream for good. */
export const tombstoneStream = (engine: Engine): Handler => remove((target) => engine.tombstoneStream(target));

function remove(run: (target: ReturnType<typeof readTarget>) => Promise<bigint>): Handler {
  return unary(async (request) => {
    const target = readTarget(removeRequest.decode(request).options);
    try {
      const position = await withinWriteTimeout(run(target));
      return removeResponse.encode({ position: { commitPosition: position, preparePosition: position } });
    } catch (error) {
      throw toStatus(error);
    }
  });
}
