import { randomUUID } from 'node:crypto';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { unary } from '../grpc/unary.ts';
import { clusterInfo, LEADER } from '../wire/node-messages.ts';

const TICKS_PER_MS = 10_000n;

/** Gossip.Read: one member, alive and leader, at the address the client used. */
export function readGossip(): Handler {
  const instanceId = { string: randomUUID() };
  return unary((_request, call) =>
    clusterInfo.encode({
      members: [
        {
          instanceId,
          timeStamp: BigInt(Date.now()) * TICKS_PER_MS,
          state: LEADER,
          isAlive: true,
          httpEndPoint: endPoint(call),
        },
      ],
    }),
  );
}

/** Clients connect to the address that gossip returns; the node's own address may not be reachable for them. */
function endPoint(call: GrpcCall): { address: string; port: number } {
  const authority = new URL(`http://${call.header(':authority') ?? 'localhost'}`);
  return { address: authority.hostname.replace(/^\[|\]$/g, ''), port: Number(authority.port || call.localPort) };
}
