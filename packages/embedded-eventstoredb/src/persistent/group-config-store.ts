import { randomUUID } from 'node:crypto';
import type { Engine, EventFilter } from '../engine/engine.ts';
import type { GroupConfig, GroupSettings } from './group-settings.ts';

const STREAM = '$persistentSubscriptionConfig';
const NO_BYTES = new Uint8Array();

/** A group as JSON. Places are text, because they may exceed what a JSON number can hold exactly. */
type Entry = {
  stream: string;
  group: string;
  filter: EventFilter | null;
  after: string;
  startFrom: string;
} & Omit<GroupSettings, 'startFrom'>;

/** Stores all groups in the newest event of one system stream, as a real server does. */
export class GroupConfigStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  load(): GroupConfig[] {
    const page = this.#engine.readStream({ stream: STREAM, direction: 'backwards', from: 'end', maxCount: 1 });
    const event = page.status === 'found' ? page.events[0] : undefined;
    if (!event) return [];
    const { entries } = JSON.parse(Buffer.from(event.data).toString('utf8')) as { entries: Entry[] };
    return entries.map(fromEntry);
  }

  /** Resolves when the list is durable. */
  async save(configs: GroupConfig[], updatedBy: string): Promise<void> {
    const value = { version: '2', updated: new Date().toISOString(), updatedBy, entries: configs.map(toEntry) };
    const event = {
      id: randomUUID(),
      type: '$PersistentConfig',
      isJson: true,
      data: Buffer.from(JSON.stringify(value)),
      metadata: NO_BYTES,
    };
    await this.#engine.append({ stream: STREAM, expectedRevision: 'any', events: [event] });
  }
}

function toEntry({ source, group, settings, filter, after }: GroupConfig): Entry {
  return {
    ...settings,
    stream: source,
    group,
    filter: filter ?? null,
    after: String(after),
    startFrom: String(settings.startFrom),
  };
}

function fromEntry({ stream, group, filter, after, startFrom, ...settings }: Entry): GroupConfig {
  const place = (text: string) => (text === 'start' || text === 'end' ? text : BigInt(text));
  return {
    source: stream,
    group,
    settings: { ...settings, startFrom: place(startFrom) },
    filter: filter ?? undefined,
    after: after === 'start' ? 'start' : BigInt(after),
  };
}
