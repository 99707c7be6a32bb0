import { record } from '../../../event-sourcing/hash-chain.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import { minute } from '../../domain/testing/given.ts';
import { streamOf } from '../../../event-sourcing/streams.ts';
import { requestCodec, SCHEMA_VERSION } from '../../events/codec.ts';
import type { RequestEvent } from '../../domain/events.ts';

/** Id of the n-th request of a story. */
export function requestId(n: number): string {
  return `0197e0c8-3f5a-7c3e-9d43-${String(n).padStart(12, '0')}`;
}

/** A log of request events in stored form: within a stream one minute apart, and ten positions apart in the log. */
export class GivenEvents {
  readonly all: StoredEvent[] = [];
  readonly #hashes = new Map<string, string | null>();

  /** Appends events to the n-th request. */
  happened(n: number, ...events: readonly RequestEvent[]): this {
    for (const event of events) {
      const stream = streamOf('automation_request', requestId(n));
      const revision = this.all.filter((other) => other.stream === stream).length;
      const id = `10000000-0000-4000-8000-${String(this.all.length).padStart(12, '0')}`;
      const metadata = {
        $correlationId: `correlation-${n}`,
        $causationId: 'call',
        principal: 'olga',
        call_id: 'call',
        occurred_at: minute(revision),
        schema_version: SCHEMA_VERSION,
      };
      const { events: written, hash } = record(
        requestCodec,
        [event],
        { id, metadata },
        this.#hashes.get(stream) ?? null,
      );
      this.#hashes.set(stream, hash);
      for (const one of written) this.#put({ ...one, stream, revision });
    }
    return this;
  }

  /** Appends an event with this stored type and data to the n-th request; neither has to be valid. */
  stored(n: number, type: string, data = '{}'): this {
    const [known] = new GivenEvents().happened(n, { type: 'PlanningStarted', data: {} }).all;
    if (!known) throw new Error('Nothing happened.');
    const revision = this.all.filter(({ stream }) => stream === known.stream).length;
    this.#put({ ...known, type, data, revision });
    return this;
  }

  /** Splits the log into batches of this size. */
  batches(size: number): readonly (readonly StoredEvent[])[] {
    return Array.from({ length: Math.ceil(this.all.length / size) }, (_, i) =>
      this.all.slice(i * size, (i + 1) * size),
    );
  }

  #put(event: Omit<StoredEvent, 'position'>): void {
    this.all.push({ ...event, position: BigInt(10 * (this.all.length + 1)) });
  }
}
