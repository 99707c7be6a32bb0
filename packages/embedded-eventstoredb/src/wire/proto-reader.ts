/** Wire types of Protocol Buffers. Groups (3, 4) are not used by these messages. */
export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

/** The bytes are not a valid message: truncated, or with an invalid field. */
class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** Reads the fields of a message in order. Each reading method consumes one value. */
export class ProtoReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The next field's tag, `number << 3 | wire type`; 0 at the end of the message. */
  tag(): number {
    return this.#at < this.#end ? this.uint32() : 0;
  }

  /** A varint below 2^32; higher bits are dropped, as in Protocol Buffers. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    // A negative int32 is sent as ten bytes, of which the last five carry no information.
    for (let i = 0; i < 5; i++) if (this.#byte() < 0x80) return value >>> 0;
    throw new MalformedMessageError('A varint has more than ten bytes');
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  uint64(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessageError('A varint has more than ten bytes');
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** A view of the message's memory, not a copy. */
  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#at;
    if (start + length > this.#end) throw new MalformedMessageError('A field is longer than its message');
    this.#at += length;
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    const length = this.uint32();
    const start = this.#at;
    if (start + length > this.#end) throw new MalformedMessageError('A field is longer than its message');
    this.#at += length;
    return this.#bytes.toString('utf8', start, this.#at);
  }

  /** A reader for the embedded message that follows. */
  message(): ProtoReader {
    const length = this.uint32();
    const start = this.#at;
    if (start + length > this.#end)
      throw new MalformedMessageError('A message is longer than the one that contains it');
    this.#at += length;
    return new ProtoReader(this.#bytes, start, this.#at);
  }

  /** Skips the value of an unknown field. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.uint64();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        this.#advance(this.uint32());
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw new MalformedMessageError(`Wire type ${tag & 7} is unknown`);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new MalformedMessageError('The message is truncated');
    return this.#bytes[this.#at++]!;
  }

  #advance(bytes: number): void {
    if (this.#at + bytes > this.#end) throw new MalformedMessageError('The message is truncated');
    this.#at += bytes;
  }
}
