import { setImmediate as turn } from 'node:timers/promises';
import type { RecordedEvent } from '../engine/engine.ts';
import { encodeEvent } from '../wire/event-responses.ts';
import { resolveLink } from './links.ts';
import type { Delivery } from './read.ts';

/** Most events fetched at once for one call. */
export const PAGE_EVENTS = 500;

/** Sends one record, resolved if so asked. Gives false when the client should drain first. */
export function sendEvent({ engine, call, idForm, resolveLinks }: Delivery, record: RecordedEvent): boolean {
  call.send(encodeEvent(resolveLink(engine, record, resolveLinks), idForm));
  return !call.isCongested;
}

/** Sends records as fast as the client takes them. Gives false when the call is over. */
export async function sendEvents(delivery: Delivery, records: readonly RecordedEvent[]): Promise<boolean> {
  for (const record of records) {
    if (!sendEvent(delivery, record)) await delivery.call.drained();
    if (!delivery.call.isOpen) return false;
  }
  return true;
}

/** Lets other calls have a turn between two pages of a long read, which is synchronous work. */
export const breathe = (): Promise<void> => turn();
