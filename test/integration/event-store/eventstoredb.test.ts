import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { EventStoreNode } from '../../support/event-store-node.ts';
import { writeForeign } from '../../support/foreign-events.ts';
import { describeEventStore } from './contract.ts';

describeEventStore('the client in the store thread, on an embedded node', async () => {
  const node = await EventStoreNode.create();
  const { connectionString } = node;
  return {
    writeForeign: (events) => writeForeign(connectionString, events),
    open: (limits = {}) => startEventStore({ kind: 'eventstoredb', connectionString, limits }),
    dispose: () => node.dispose(),
  };
});
