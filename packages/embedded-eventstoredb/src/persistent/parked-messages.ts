import { randomUUID } from 'node:crypto';
import type { Engine, RecordedEvent } from '../engine/engine.ts';
import type { GroupMessage } from './message.ts';

const NO_BYTES = new Uint8Array();
const PAGE_EVENTS = 100;

/** The stream of links to messages that a group has given up on. */
export class ParkedMessages {
  readonly #engine: Engine;
  readonly #stream: string;

  constructor(engine: Engine, stream: string) {
    this.#engine = engine;
    this.#stream = stream;
  }

  /** Resolves when the link is durable. */
  async park(message: GroupMessage, reason: string): Promise<void> {
    const { event, link } = message;
    const target = event ? `${event.revision}@${event.stream}` : Buffer.from(link?.data ?? NO_BYTES).toString('utf8');
    const number = Number(message.place);
    const metadata = {
      added: new Date().toISOString(),
      reason,
      ...(number === 0 ? {} : { subscriptionEventNumber: number }),
    };
    const parked = {
      id: randomUUID(),
      type: '$>',
      isJson: false,
      data: Buffer.from(target),
      metadata: Buffer.from(JSON.stringify(metadata)),
    };
    await this.#engine.append({ stream: this.#stream, expectedRevision: 'any', events: [parked] });
  }

  count(): number {
    const page = this.#engine.readStream({ stream: this.#stream, direction: 'forwards', from: 'start', maxCount: 1 });
    const first = page.status === 'found' ? page.events[0] : undefined;
    return page.status === 'found' && first ? Number(page.lastRevision - first.revision) + 1 : 0;
  }

  /** Links below `stopAt` (exclusive; to the end if undefined), page by page. */
  *pages(stopAt: bigint | undefined): Generator<RecordedEvent[]> {
    let from: bigint | undefined = 0n;
    while (from !== undefined) {
      const page = this.#engine.readStream({
        stream: this.#stream,
        direction: 'forwards',
        from,
        maxCount: PAGE_EVENTS,
      });
      if (page.status !== 'found') return;
      const events = page.events.filter(({ revision }) => stopAt === undefined || revision < stopAt);
      if (events.length > 0) yield events;
      from = events.length < page.events.length ? undefined : page.next;
    }
  }

  /** Hides replayed links below a revision. */
  async truncate(before: bigint): Promise<void> {
    const metadata = {
      id: randomUUID(),
      type: '$metadata',
      isJson: true,
      data: Buffer.from(JSON.stringify({ $tb: Number(before) })),
      metadata: NO_BYTES,
    };
    await this.#engine.append({ stream: `$$${this.#stream}`, expectedRevision: 'any', events: [metadata] });
  }
}
