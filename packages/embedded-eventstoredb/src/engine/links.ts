import type { Engine, RecordedEvent } from './engine.ts';

/** An event as delivered. `link` is the `$>` record that points to it; without `event` the target does not exist. */
export type ResolvedEvent = { readonly event: RecordedEvent | undefined; readonly link: RecordedEvent | undefined };

const LINK_TYPE = '$>';

/** Revision and stream of a link's target, split at the first @; undefined if the event is not a valid link. */
export function linkTarget(event: RecordedEvent): { revision: bigint; stream: string } | undefined {
  if (event.type !== LINK_TYPE) return undefined;
  const match = /^([+-]?\d{1,19})@(.+)$/s.exec(Buffer.from(event.data).toString('utf8'));
  return match ? { revision: BigInt(match[1]!), stream: match[2]! } : undefined;
}

/**
 * Resolves a record for delivery. Only `$>` records with a valid target are links. They are resolved one level deep, to
 * an event that is readable now, or to none. Revision -1 means the stream's last event.
 */
export function resolveLink(engine: Engine, record: RecordedEvent, resolve: boolean): ResolvedEvent {
  const target = resolve ? linkTarget(record) : undefined;
  return target
    ? { event: readEvent(engine, target.stream, target.revision), link: record }
    : { event: record, link: undefined };
}

/** The event with this revision, or the last one for -1; undefined if it is not readable. */
function readEvent(engine: Engine, stream: string, revision: bigint): RecordedEvent | undefined {
  const isLast = revision < 0n;
  const direction = isLast ? 'backwards' : 'forwards';
  const page = engine.readStream({ stream, direction, from: isLast ? 'end' : revision, maxCount: 1 });
  const event = page.status === 'found' ? page.events[0] : undefined;
  return isLast || event?.revision === revision ? event : undefined;
}
