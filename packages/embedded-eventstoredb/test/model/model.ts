/**
 * A minimal model of EventStoreDB that decides every outcome: streams of event ids, their metadata, and one log. Written
 * from the rules, not from the engine, so that the two can disagree.
 */
export type Expected = 'any' | 'no_stream' | 'stream_exists' | number;

export type Metadata = { maxCount?: number; truncateBefore?: number };

type Stream = {
  ids: string[];
  metadata: Metadata;
  /** Whether a metadata event was ever written. */
  hasMetadata: boolean;
  isDeleted: boolean;
  isTombstoned: boolean;
};

export class Model {
  readonly #streams = new Map<string, Stream>();
  /** Where each id was last written. */
  readonly #known = new Map<string, { stream: string; revision: number }>();
  /** "stream:revision:id" of every event in log order, except metadata. */
  readonly log: string[] = [];

  append(name: string, expected: Expected, ids: string[]): string {
    const stream = this.#stream(name);
    const last = stream.ids.length - 1;
    const wrong = `wrong ${last}`;
    if (stream.isTombstoned) return 'deleted';
    if (expected === 'stream_exists' && stream.isDeleted) return 'deleted';
    if (expected === 'stream_exists' && last === -1 && !stream.hasMetadata) return wrong;
    if (expected === 'any' || expected === 'stream_exists') {
      const places = ids.map((id) => this.#known.get(id)).map((p) => (p?.stream === name ? p.revision : undefined));
      if (places[0] !== undefined) return places.includes(undefined) ? wrong : `ok ${places.at(-1)}`;
      return this.#write(name, stream, ids);
    }
    const at = expected === 'no_stream' ? -1 : expected;
    if (at > last) return wrong;
    if (at === last) return this.#write(name, stream, ids);
    const matching = ids.findIndex((id, i) => stream.ids[at + 1 + i] !== id);
    if (ids.length > 0 && matching === -1) return `ok ${at + ids.length}`;
    if (ids.length > 0 && matching === 0 && expected === 'no_stream' && stream.isDeleted) {
      return this.#write(name, stream, ids);
    }
    return wrong;
  }

  delete(name: string, expected: Expected): string {
    const stream = this.#stream(name);
    const refused = this.#refusal(stream, expected);
    if (refused) return refused;
    if (stream.ids.length === 0 && !stream.hasMetadata) return 'wrong -1';
    Object.assign(stream, { metadata: {}, hasMetadata: true, isDeleted: true });
    return 'ok';
  }

  tombstone(name: string, expected: Expected): string {
    const stream = this.#stream(name);
    const refused = this.#refusal(stream, expected);
    if (refused) return refused;
    stream.isTombstoned = true;
    this.log.push(`${name}:end:`);
    return 'ok';
  }

  setMetadata(name: string, metadata: Metadata): string {
    const stream = this.#stream(name);
    if (stream.isTombstoned) return 'deleted';
    // Metadata on a deleted stream recreates it empty, whatever the metadata says about truncation.
    const revived = stream.isDeleted ? { truncateBefore: stream.ids.length } : {};
    Object.assign(stream, { metadata: { ...metadata, ...revived }, hasMetadata: true, isDeleted: false });
    return 'ok';
  }

  read(name: string, direction: 'forwards' | 'backwards'): string {
    const { ids, metadata, isDeleted, isTombstoned } = this.#stream(name);
    if (isTombstoned) return 'deleted';
    if (ids.length === 0 || isDeleted) return 'not-found';
    const byCount = metadata.maxCount === undefined ? 0 : ids.length - metadata.maxCount;
    const lowest = Math.max(0, byCount, metadata.truncateBefore ?? 0);
    const shown = ids.map((id, revision) => `${revision}:${id}`).slice(lowest);
    return (direction === 'forwards' ? shown : shown.reverse()).join(' ');
  }

  #write(name: string, stream: Stream, ids: string[]): string {
    if (stream.isDeleted) {
      stream.isDeleted = false;
      stream.metadata = { truncateBefore: stream.ids.length };
    }
    for (const id of ids) {
      this.#known.set(id, { stream: name, revision: stream.ids.length });
      this.log.push(`${name}:${stream.ids.length}:${id}`);
      stream.ids.push(id);
    }
    return `ok ${stream.ids.length - 1}`;
  }

  /** Deletions are checked like an append of an event with an unknown id. */
  #refusal(stream: Stream, expected: Expected): string | undefined {
    const last = stream.ids.length - 1;
    if (stream.isTombstoned || (expected === 'stream_exists' && stream.isDeleted)) return 'deleted';
    if (expected === 'any') return undefined;
    if (expected === 'stream_exists') return last === -1 && !stream.hasMetadata ? `wrong ${last}` : undefined;
    const at = expected === 'no_stream' ? -1 : expected;
    return at === last || (at === -1 && stream.isDeleted) ? undefined : `wrong ${last}`;
  }

  #stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = { ids: [], metadata: {}, hasMetadata: false, isDeleted: false, isTombstoned: false };
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
