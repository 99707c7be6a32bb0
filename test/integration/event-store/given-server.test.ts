/** The same contract on a server that is given, such as a real EventStoreDB. Skipped when none is. */
import { describe, it } from '@jest/globals';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { alterStream, writeForeign } from '../../support/foreign-events.ts';
import { describeEventStore } from './contract.ts';

const connectionString = process.env.TEST_EVENTSTORE_CONNECTION_STRING ?? '';

if (connectionString === '') {
  describe('the client in the store thread, on a given server', () => {
    it.skip('needs TEST_EVENTSTORE_CONNECTION_STRING', () => undefined);
  });
} else {
  describeEventStore('the client in the store thread, on a given server', () =>
    Promise.resolve({
      writeForeign: (events) => writeForeign(connectionString, events),
      shortPageMs: 1_000,
      open: (limits = {}) => startEventStore({ kind: 'eventstoredb', connectionString, limits }),
      alter: (stream, how) => alterStream(connectionString, stream, how),
      dispose: () => Promise.resolve(),
    }),
  );
}
