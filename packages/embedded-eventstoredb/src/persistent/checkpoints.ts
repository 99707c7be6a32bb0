import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import { parsePlace, placeText } from './group-settings.ts';

const NO_BYTES = new Uint8Array();

/** The stream in which a group stores its progress. */
export class Checkpoints {
  readonly #engine: Engine;
  readonly #stream: string;
  readonly #source: string;

  constructor(engine: Engine, stream: string, source: string) {
    this.#engine = engine;
    this.#stream = stream;
    this.#source = source;
  }

  /** The newest checkpoint; undefined if there is none or it is unreadable. */
  load(): bigint | undefined {
    const page = this.#engine.readStream({ stream: this.#stream, direction: 'backwards', from: 'end', maxCount: 1 });
    const event = page.status === 'found' ? page.events[0] : undefined;
    if (!event) return undefined;
    try {
      const text: unknown = JSON.parse(Buffer.from(event.data).toString('utf8'));
      return typeof text === 'string' ? parsePlace(text) : undefined;
    } catch {
      return undefined;
    }
  }

  async save(place: bigint): Promise<void> {
    const event = {
      id: randomUUID(),
      type: 'SubscriptionCheckpoint',
      isJson: true,
      data: Buffer.from(JSON.stringify(placeText(this.#source, place))),
      metadata: NO_BYTES,
    };
    await this.#engine.append({ stream: this.#stream, expectedRevision: 'any', events: [event] });
  }
}
