import canonicalize from 'canonicalize';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { EventMetadata } from './metadata.ts';
import { parseObject, readMetadata } from './metadata.ts';

/** What the events of one kind of stream have in common: a name, and data. */
export interface NamedEvent {
  readonly type: string;
  readonly data: object;
}

/** A stored event made readable: its name and data as this version knows them, and its metadata. */
export interface Decoded<Event extends NamedEvent> {
  readonly event: Event;
  readonly metadata: EventMetadata;
}

/** Turns the data of an older stored type into the data of the next one. `to` is that stored type. */
export interface Upcaster {
  readonly to: string;
  upcast(data: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** An event of a type this version does not know: from a newer version of the service, or not ours. */
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
 * Between the events of one kind of stream and the types they are stored under. Whoever reads stored events goes through here, so an
 * older shape is known to this class alone: everything else sees today's names and today's data.
 */
export class EventCodec<Event extends NamedEvent> {
  /** Where the hashes stand in the text of the metadata; see `record`. */
  readonly hashesLast: boolean;
  readonly #stored: Readonly<Record<Event['type'], string>>;
  readonly #ways = new Map<string, Way>();

  /**
   * `stored` has the type that each event is stored under today, `upcasters` every older stored type. Throws `RangeError` when an upcaster
   * leads to no type of today.
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

  /** Every stored type that can be read, older ones too. */
  get storedTypes(): readonly string[] {
    return [...this.#ways.keys()];
  }

  /** The name of the event that is stored under this type, in whatever version; null when it is not known. */
  nameOf(storedType: string): Event['type'] | null {
    return this.#ways.get(storedType)?.name ?? null;
  }

  encode(event: Event): { readonly type: string; readonly data: string } {
    return { type: this.#stored[event.type as Event['type']], data: canonicalJson(event.data) };
  }

  /** Throws {@link UnknownEventType} and `UnreadableEvent`. */
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

/** RFC 8785, so that the same value always has the same bytes, whoever wrote it down. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}
