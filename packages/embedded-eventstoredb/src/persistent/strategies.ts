import type { Consumer } from './consumer.ts';
import type { ConsumerStrategyName } from './group-settings.ts';
import type { GroupMessage } from './message.ts';

/** Chooses the consumer of a message; undefined if no eligible consumer has room. */
export type ConsumerStrategy = {
  readonly add: (consumer: Consumer) => void;
  readonly remove: (consumer: Consumer) => void;
  readonly choose: (message: GroupMessage) => Consumer | undefined;
};

export function createStrategy(name: ConsumerStrategyName): ConsumerStrategy {
  switch (name) {
    case 'DispatchToSingle':
      return new DispatchToSingle();
    case 'RoundRobin':
      return new RoundRobin();
    case 'Pinned':
      return new Pinned(({ sourceStream }) => sourceStream);
    case 'PinnedByCorrelation':
      return new Pinned(correlationId);
  }
}

/** Fills one consumer, and uses the next only while it is full. */
class DispatchToSingle implements ConsumerStrategy {
  readonly #consumers: Consumer[] = [];

  add(consumer: Consumer): void {
    this.#consumers.push(consumer);
  }

  remove(consumer: Consumer): void {
    this.#consumers.splice(this.#consumers.indexOf(consumer) >>> 0, 1);
  }

  choose(): Consumer | undefined {
    return this.#consumers.find(({ hasRoom }) => hasRoom);
  }
}

/** Gives each message to the next consumer that has room. */
class RoundRobin implements ConsumerStrategy {
  readonly #consumers: Consumer[] = [];
  #next = 0;

  add(consumer: Consumer): void {
    this.#consumers.push(consumer);
  }

  remove(consumer: Consumer): void {
    this.#consumers.splice(this.#consumers.indexOf(consumer) >>> 0, 1);
    this.#next = 0;
  }

  choose(): Consumer | undefined {
    for (let i = 0; i < this.#consumers.length; i++) {
      const at = (this.#next + i) % this.#consumers.length;
      const consumer = this.#consumers[at];
      if (!consumer?.hasRoom) continue;
      this.#next = at + 1;
      return consumer;
    }
    return undefined;
  }
}

const BUCKETS = 1024;

/** Keeps related messages on one consumer: texts hash to buckets, and each bucket belongs to one consumer. */
class Pinned implements ConsumerStrategy {
  readonly #textOf: (message: GroupMessage) => string;
  readonly #consumers: Consumer[] = [];
  readonly #owners = new Array<Consumer | undefined>(BUCKETS).fill(undefined);

  constructor(textOf: (message: GroupMessage) => string) {
    this.#textOf = textOf;
  }

  /** Takes buckets from consumers that have more than their share, so that few streams move. */
  add(consumer: Consumer): void {
    this.#consumers.push(consumer);
    const share = Math.floor(BUCKETS / this.#consumers.length);
    const held = this.#held();
    for (let bucket = 0; bucket < BUCKETS && (held.get(consumer) ?? 0) < share; bucket++) {
      const owner = this.#owners[bucket];
      if (owner && (held.get(owner) ?? 0) <= share) continue;
      if (owner) held.set(owner, (held.get(owner) ?? 0) - 1);
      held.set(consumer, (held.get(consumer) ?? 0) + 1);
      this.#owners[bucket] = consumer;
    }
  }

  /** Distributes the buckets of a removed consumer among the others. */
  remove(consumer: Consumer): void {
    this.#consumers.splice(this.#consumers.indexOf(consumer) >>> 0, 1);
    const held = this.#held();
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.#owners[bucket] !== consumer) continue;
      const heir = this.#consumers.toSorted((a, b) => (held.get(a) ?? 0) - (held.get(b) ?? 0))[0];
      if (heir) held.set(heir, (held.get(heir) ?? 0) + 1);
      this.#owners[bucket] = heir;
    }
  }

  choose(message: GroupMessage): Consumer | undefined {
    const owner = this.#owners[hash(this.#textOf(message)) % BUCKETS];
    return owner?.hasRoom ? owner : undefined;
  }

  #held(): Map<Consumer, number> {
    const held = new Map<Consumer, number>();
    for (const owner of this.#owners) if (owner) held.set(owner, (held.get(owner) ?? 0) + 1);
    return held;
  }
}

/** FNV-1a over the text's UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function correlationId({ event, sourceStream }: GroupMessage): string {
  try {
    const metadata: unknown = JSON.parse(Buffer.from(event?.metadata ?? []).toString('utf8'));
    const id: unknown = (metadata as { $correlationId?: unknown } | null)?.$correlationId;
    return typeof id === 'string' ? id : sourceStream;
  } catch {
    return sourceStream;
  }
}
