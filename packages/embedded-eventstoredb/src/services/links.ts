import type { Engine, RecordedEvent } from '../engine/engine.ts';
import type { ResolvedEvent } from '../wire/event-responses.ts';

const LINK_TYPE = '$>';

/** Revision and stream that the data of a link names, split at the first @; undefined when it names none. */
export function linkTarget(event: RecordedEvent): { revision: bigint; stream: string } | undefined {
  if (event.type !== LINK_TYPE) return undefined;
  const match = /^([+-]?\d{1,19})@(.+)$/s.exec(Buffer.from(event.data).toString('utf8'));
  return match ? { revision: BigInt(match[1]!), stream: match[2]! } : undefined;
}

/**
 * What a record is delivered as. Only `$>` records whose data names an event are links: they lead one level deep,
 * to an event that is readable now or to none. Revision -1 leads to the stream's last event.
 */
export function resolveLink(engine: Engine, record: RecordedEvent, resolve: boolean): ResolvedEvent {
  const target = resolve ? linkTarget(record) : undefined;
  return target
    ? { event: readEvent(engine, target.stream, target.revision), link: record }
    : { event: record, link: undefined };
}

/** The event of that revision if it is readable; the last one for -1. */
export function readEvent(engine: Engine, stream: string, revision: bigint): RecordedEvent | undefined {
  const isLast = revision < 0n;
  const direction = isLast ? 'backwards' : 'forwards';
  const page = engine.readStream({ stream, direction, from: isLast ? 'end' : revision, maxCount: 1 });
  const event = page.status === 'found' ? page.events[0] : undefined;
  return isLast || event?.revision === revision ? event : undefined;
}
