import { bool, embedded, int64, message, repeated, string, uint32 } from './schema.ts';
import { uuid } from './shared-messages.ts';

/** Response of ServerFeatures.GetSupportedMethods. */
export const supportedMethods = message({
  methods: repeated(
    embedded(1, message({ methodName: string(1), serviceName: string(2), features: repeated(string(3)) })),
  ),
  eventStoreServerVersion: string(2),
});

/** Response of Gossip.Read. `timeStamp` is in ticks of 100 ns since the Unix epoch. */
export const clusterInfo = message({
  members: repeated(
    embedded(
      1,
      message({
        instanceId: embedded(1, uuid),
        timeStamp: int64(2),
        state: uint32(3),
        isAlive: bool(4),
        httpEndPoint: embedded(5, message({ address: string(1), port: uint32(2) })),
      }),
    ),
  ),
});

/** State of a cluster member that accepts writes. */
export const LEADER = 8;
