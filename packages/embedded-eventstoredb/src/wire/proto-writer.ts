const FIRST_BYTES = 256;

/** Size of the varint of a number below 2^53, in bytes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes fields into memory that grows as needed. A tag is `number << 3 | wire type`. */
export class ProtoWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: number = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(bytes);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** A varint of a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A varint of 64 bits; negative numbers in two's complement. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= 0x1fffffffffffffn) {
      this.varint(Number(value));
      return;
    }
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  bytesField(tag: number, value: Uint8Array): void {
    this.varint(tag);
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** Text with its length in UTF-8 bytes, which is computed unless given. */
  stringField(tag: number, value: string, length: number = Buffer.byteLength(value)): void {
    this.varint(tag);
    this.varint(length);
    this.#reserve(length);
    this.#at += this.#bytes.write(value, this.#at, length, 'utf8');
  }

  /** ASCII text, which is faster to write. */
  asciiField(tag: number, value: string): void {
    this.varint(tag);
    this.varint(value.length);
    this.#reserve(value.length);
    this.#at += this.#bytes.write(value, this.#at, value.length, 'latin1');
  }

  /** Tag and length of an embedded message, whose fields follow. */
  openMessage(tag: number, length: number): void {
    this.varint(tag);
    this.varint(length);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
