/** Reads the events of all requests from a log, and prints how many there were and how long it took: `node read-log.js WAY PATH-OR-URL`. */
import { startStore } from './service-modules.ts';

const [way, where = ''] = process.argv.slice(2);
const store = await startStore(
  way === 'grpc' ? { kind: 'eventstoredb', connectionString: where } : { kind: 'embedded', path: where },
);
await store.tail();
const begun = performance.now();
let events = 0;
const subscription = store.subscribe({ after: null, streamPrefix: 'automation_request-' });
for await (const batch of subscription) {
  events += batch.events.length;
  if (batch.caughtUp) break;
}
process.stdout.write(JSON.stringify({ events, ms: performance.now() - begun }));
await store.close();
