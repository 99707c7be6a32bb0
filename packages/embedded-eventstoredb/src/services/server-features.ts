import type { Handler } from '../grpc/grpc-server.ts';
import { unary } from '../grpc/unary.ts';
import { supportedMethods } from '../wire/node-messages.ts';

/** The server version whose behaviour this node has. Clients choose their calls by it. */
const VERSION = '24.2.0';

const FEATURES = new Map([
  ['event_store.client.streams.streams/read', ['position', 'events']],
  ['event_store.client.streams.streams/batchappend', ['deadline_duration']],
]);

const PERSISTENT_SUBSCRIPTIONS = 'event_store.client.persistent_subscriptions.persistentsubscriptions';

/** ServerFeatures.GetSupportedMethods for the given methods (`/package.Service/Method`). */
export function getSupportedMethods(methods: Iterable<string>): Handler {
  const response = supportedMethods.encode({
    methods: [...methods].map(describeMethod),
    eventStoreServerVersion: VERSION,
  });
  return unary(() => response);
}

/** Both names in lower case, the service's with its package, as a real server sends them and clients compare them. */
function describeMethod(method: string) {
  const [, serviceName = '', methodName = ''] = method.toLowerCase().split('/');
  const features =
    serviceName === PERSISTENT_SUBSCRIPTIONS ? ['stream', 'all'] : FEATURES.get(`${serviceName}/${methodName}`);
  return { methodName, serviceName, features: features ?? [] };
}
