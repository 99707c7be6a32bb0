import { EventStoreDBClient, binaryEvent, jsonEvent } from '@eventstore/db-client';
import type { JSONType } from '@eventstore/db-client';
import type { ForeignEvent } from '../integration/event-store/contract.ts';
import { until } from './until.ts';

/** Deletes or truncates a server's stream, as an operator would. */
export async function alterStream(
  connectionString: string,
  stream: string,
  how: 'delete' | 'tombstone' | 'truncate',
): Promise<void> {
  const client = EventStoreDBClient.connectionString(connectionString);
  if (how === 'delete') await client.deleteStream(stream);
  else if (how === 'tombstone') await client.tombstoneStream(stream);
  else await client.setStreamMetadata(stream, { truncateBefore: 2 });
  await client.dispose();
}

/** Writes to a server as a different application would. */
export async function writeForeign(connectionString: string, events: readonly ForeignEvent[]): Promise<void> {
  const client = EventStoreDBClient.connectionString(connectionString);
  // Credentials select the append that does not share state with other clients of the process.
  const options = /\/\/[^@/]+@/.test(connectionString) ? {} : { credentials: { username: 'none', password: 'none' } };
  await until(
    'the server answers',
    async () => {
      try {
        for await (const _ of client.readAll({ maxCount: 1, ...options }));
        return true;
      } catch {
        return false;
      }
    },
    30_000,
  );
  for (const { stream, contentType, data, metadata } of events) {
    const event =
      contentType === 'application/json'
        ? jsonEvent({
            type: 'Foreign',
            data: JSON.parse(Buffer.from(data).toString()) as JSONType,
            metadata: JSON.parse(Buffer.from(metadata).toString()) as Record<string, unknown>,
          })
        : binaryEvent({ type: 'Foreign', data, ...(metadata.length > 0 ? { metadata } : {}) });
    await client.appendToStream(stream, event, { ...options, deadline: 5_000 });
  }
  await client.dispose();
}
