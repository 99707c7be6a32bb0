import canonicalize from 'canonicalize';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { EventMetadata } from './metadata.ts';

/** The shape shared by all events: a name and data. */
export interface NamedEvent {
  readonly type: string;
  readonly data: object;
}

/** A decoded event: its name and data in the current schema, and its metadata. */
export interface Decoded<Event extends NamedEvent> {
  readonly event: Event;
  readonly metadata: EventMetadata;
}

/** Converts the data of an older stored type to that of the stored type `to`. */
export interface Upcaster {
  readonly to: string;
  upcast(data: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** This version does not know the event's type: a newer version of the service, or someone else, wrote it. */
export class UnknownEventType extends Error {
  readonly code = 'unknown-event-type';
  constructor(type: string) {
    super(`Events of type ${type.slice(0, 64)} are not known to this version.`);
    this.name = 'UnknownEventType';
  }
}

interface Way {
  readonly name: string;
  readonly steps: readonly Upcaster[];
}

/**
 * Maps the events of one kind of stream to and from their stored types. All stored events are read through it, so only this class
 * deals with older schemas; all other code sees current names and data.
 */
export class EventCodec<Event extends NamedEvent> {
  /** True if the hashes come last in the metadata JSON, instead of in canonical order; see `record`. */
  readonly hashesLast: boolean;
  readonly #stored: Readonly<Record<Event['type'], string>>;
  readonly #ways = new Map<string, Way>();

  /**
   * `stored` maps each event name to its current stored type; `upcasters` has an entry for each older stored type. Throws `RangeError` if
   * a chain of upcasters does not end at a current type.
   */
  constructor(
    stored: Readonly<Record<Event['type'], string>>,
    {
      upcasters = {},
      hashesLast = false,
    }: { readonly upcasters?: Readonly<Record<string, Upcaster>>; readonly hashesLast?: boolean } = {},
  ) {
    this.#stored = stored;
    this.hashesLast = hashesLast;
    for (const [name, type] of Object.entries<string>(stored)) this.#ways.set(type, { name, steps: [] });
    for (const type of Object.keys(upcasters)) this.#ways.set(type, this.#wayFrom(type, upcasters));
  }

  /** All stored types that can be decoded, including older ones. */
  get storedTypes(): readonly string[] {
    return [...this.#ways.keys()];
  }

  /** The event name of a stored type, current or older; null if the type is unknown. */
  nameOf(storedType: string): Event['type'] | null {
    return this.#ways.get(storedType)?.name ?? null;
  }

  encode(event: Event): { readonly type: string; readonly data: string } {
    return { type: this.#stored[event.type as Event['type']], data: canonicalJson(event.data) };
  }

  /** Decodes a stored event to the current schema. Throws {@link UnknownEventType} and `UnreadableEvent`. */
  decode(stored: StoredEvent): Decoded<Event> {
    const way = this.#ways.get(stored.type);
    if (way === undefined) throw new UnknownEventType(stored.type);
    let data = parseObject(stored, stored.data);
    for (const step of way.steps) data = step.upcast(data);
    return { event: { type: way.name, data } as unknown as Event, metadata: readMetadata(stored) };
  }

  #wayFrom(type: string, upcasters: Readonly<Record<string, Upcaster>>): Way {
    const steps: Upcaster[] = [];
    for (let at = type; ;) {
      const step = Object.hasOwn(upcasters, at) ? upcasters[at] : undefined;
      if (!step) {
        const name = this.#ways.get(at)?.name;
        if (name === undefined)
          throw new RangeError(`The upcaster of ${type} leads to ${at}, which is not stored today.`);
        return { name, steps };
      }
      if (steps.includes(step)) throw new RangeError(`The upcaster of ${type} leads back to ${at}.`);
      steps.push(step);
      at = step.to;
    }
  }
}

/** Canonical JSON (RFC 8785): equal values give equal bytes. Throws `TypeError` if the value has no JSON form. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}

/** An event cannot be read: its data or metadata is not a JSON object, or its metadata lacks required members. */
export class UnreadableEvent extends Error {
  readonly code = 'unreadable-event';
  constructor(event: StoredEvent, why: string) {
    super(`Event ${event.revision} of ${event.stream} cannot be read: ${why}.`);
    this.name = 'UnreadableEvent';
  }
}

/** Parses the metadata of an event. Throws {@link UnreadableEvent} if this service did not write it. */
export function readMetadata(stored: StoredEvent): EventMetadata {
  const metadata = parseObject(stored, stored.metadata);
  const { occurred_at, principal, hash } = metadata;
  if (typeof occurred_at !== 'string' || typeof principal !== 'string' || typeof hash !== 'string') {
    throw new UnreadableEvent(stored, 'its metadata is not ours');
  }
  return metadata as unknown as EventMetadata;
}

/** Parses an event's data or metadata. Throws {@link UnreadableEvent} if it is not a JSON object. */
function parseObject(stored: StoredEvent, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableEvent(stored, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnreadableEvent(stored, 'it is not a JSON object');
  }
  return value as Record<string, unknown>;
}
