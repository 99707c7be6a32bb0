import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { EventStoreNode } from '../../support/event-store-node.ts';
import { alterStream, writeForeign } from '../../support/foreign-events.ts';
import { describeEventStore } from './contract.ts';

describeEventStore('the client in the store thread, on an embedded node', async () => {
  const node = await EventStoreNode.create();
  const { connectionString } = node;
  return {
    writeForeign: (events) => writeForeign(connectionString, events),
    shortPageMs: 1_000,
    open: (limits = {}) => startEventStore({ kind: 'eventstoredb', connectionString, limits }),
    alter: (stream, how) => alterStream(connectionString, stream, how),
    dispose: () => node.dispose(),
  };
});
