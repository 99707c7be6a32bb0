import { EventCodec } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { EventToAppend } from '../../infrastructure/event-store/event-store.ts';

interface LogIdentified {
  readonly type: 'LogIdentified';
  readonly data: Readonly<Record<never, never>>;
}

const codec = new EventCodec<LogIdentified>({ LogIdentified: 'LogIdentified' });

/** The stream that names the log, outside the category that consumers follow. */
export function logIdentityStreamOf(category: string): string {
  return `${category}:log-identity`;
}

/** The event that names a log. Its id is the log's name. */
export function logIdentified(logId: string, at: string): EventToAppend {
  const metadata = {
    $correlationId: logId,
    $causationId: logId,
    principal: 'system',
    occurred_at: at,
    schema_version: 1,
  };
  const { events } = record(codec, [{ type: 'LogIdentified', data: {} }], { id: logId, metadata }, null);
  return events[0]!;
}
