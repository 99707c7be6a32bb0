import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** An event of an embedded log that nobody has open. */
export interface Place {
  readonly stream: string;
  readonly revision: number;
}

const FIND = `SELECT e.position, e.record FROM event e JOIN stream s ON s.id = e.stream - (e.stream % 2)
  WHERE s.name = ? AND e.revision = ?`;

/** What somebody can do who has the files of a log in hand, and knows how records are written. */
export class Tampering {
  readonly #database: DatabaseSync;

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'events.sqlite'));
  }

  /** Replaces text in the record of an event by text of the same length, and computes the record's checksum again. */
  replace(place: Place, text: string, by: string): void {
    const { position, record } = this.#find(place);
    const at = record.indexOf(text);
    if (at < 0 || Buffer.byteLength(text) !== Buffer.byteLength(by))
      throw new Error(`${text} cannot be replaced by ${by}.`);
    record.write(by, at);
    record.writeUInt32LE(crc32(record.subarray(4)), 0);
    this.#write(position, record);
  }

  exchange(one: Place, other: Place): void {
    const [a, b] = [this.#find(one), this.#find(other)];
    this.#write(a.position, b.record);
    this.#write(b.position, a.record);
  }

  remove(place: Place): void {
    this.#database.prepare('DELETE FROM event WHERE position = ?').run(this.#find(place).position);
  }

  close(): void {
    this.#database.close();
  }

  #find({ stream, revision }: Place): { readonly position: number; readonly record: Buffer } {
    const row = this.#database.prepare(FIND).get(stream, revision);
    if (!row) throw new Error(`There is no event ${revision} of ${stream}.`);
    return { position: Number(row.position), record: Buffer.from(row.record as Uint8Array) };
  }

  #write(position: number, record: Buffer): void {
    this.#database.prepare('UPDATE event SET record = ? WHERE position = ?').run(record, position);
  }
}
