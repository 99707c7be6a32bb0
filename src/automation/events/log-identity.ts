import type { EventToAppend } from '../../infrastructure/event-store/event-store.ts';
import { canonicalJson, hashEvent } from './metadata.ts';

/** The event that names a log: its id is the name. */
export const LOG_IDENTIFIED = 'LogIdentified';

/** Outside of what the consumers of requests follow. */
export function logIdentityStreamOf(category: string): string {
  return `${category}:log-identity`;
}

export function logIdentified(logId: string, at: string): EventToAppend {
  const unhashed = {
    $correlationId: logId,
    $causationId: logId,
    principal: 'system',
    occurred_at: at,
    schema_version: 1,
  };
  const written = { id: logId, type: LOG_IDENTIFIED, data: '{}', metadata: canonicalJson(unhashed) };
  const metadata = canonicalJson({ ...unhashed, hash: hashEvent(null, written), previous_hash: null });
  return { ...written, metadata };
}
