import { setImmediate as turn } from 'node:timers/promises';
import type { RecordedEvent } from '../engine/engine.ts';
import { encodeEvent } from '../wire/event-responses.ts';
import { resolveLink } from '../engine/links.ts';
import type { Delivery } from './read.ts';

/** Maximum number of events to fetch at once for a call. */
export const PAGE_EVENTS = 500;

/** Sends a record, resolved if requested. Returns false if the client must drain first. */
export function sendEvent({ engine, call, idForm, resolveLinks }: Delivery, record: RecordedEvent): boolean {
  call.send(encodeEvent(resolveLink(engine, record, resolveLinks), idForm));
  return !call.isCongested;
}

/** Sends records as fast as the client accepts them. Returns false if the call is over. */
export async function sendEvents(delivery: Delivery, records: readonly RecordedEvent[]): Promise<boolean> {
  for (const record of records) {
    if (!sendEvent(delivery, record)) await delivery.call.drained();
    if (!delivery.call.isOpen) return false;
  }
  return true;
}

/** Lets other calls run between two pages of a long read, which is synchronous. */
export const breathe = (): Promise<void> => turn();
