import { gunzipSync, inflateSync } from 'node:zlib';
import { Code, GrpcError } from './grpc-error.ts';

/** Header of each message: one byte that says whether it is compressed, and its length in four bytes. */
const HEAD_BYTES = 5;

/** Joins messages, each with its header, into one buffer. */
export function frame(messages: readonly Buffer[]): Buffer {
  let bytes = 0;
  for (const message of messages) bytes += HEAD_BYTES + message.length;
  const framed = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const message of messages) {
    framed[at] = 0;
    framed.writeUInt32BE(message.length, at + 1);
    framed.set(message, at + HEAD_BYTES);
    at += HEAD_BYTES + message.length;
  }
  return framed;
}

/** Splits incoming chunks into messages. */
export class FrameParser {
  readonly #maxMessageBytes: number;
  readonly #encoding: string;
  #chunks: Buffer[] = [];
  #buffered = 0;

  /** `encoding` is the request's `grpc-encoding`. */
  constructor(maxMessageBytes: number, encoding = 'identity') {
    this.#maxMessageBytes = maxMessageBytes;
    this.#encoding = encoding;
  }

  /** Returns the messages that are complete. Throws GrpcError if one is too large or cannot be decompressed. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const messages: Buffer[] = [];
    while (this.#buffered >= HEAD_BYTES) {
      const head = this.#peek(HEAD_BYTES);
      const length = head.readUInt32BE(1);
      if (length > this.#maxMessageBytes) {
        throw new GrpcError(
          Code.RESOURCE_EXHAUSTED,
          `A message may have at most ${this.#maxMessageBytes} bytes, not ${length}`,
        );
      }
      if (this.#buffered < HEAD_BYTES + length) break;
      const whole = this.#peek(HEAD_BYTES + length);
      const isCompressed = whole[0] === 1;
      this.#consume(HEAD_BYTES + length);
      const body = whole.subarray(HEAD_BYTES, HEAD_BYTES + length);
      messages.push(isCompressed ? this.#unpack(body) : body);
    }
    return messages;
  }

  /** Whether an incomplete message is buffered. */
  get hasRest(): boolean {
    return this.#buffered > 0;
  }

  /** The first bytes as one buffer. Joins the chunks only if the first one is too short. */
  #peek(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #consume(bytes: number): void {
    const [first] = this.#chunks;
    this.#buffered -= bytes;
    if (!first || first.length === bytes) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(bytes);
  }

  #unpack(body: Buffer): Buffer {
    const options = { maxOutputLength: this.#maxMessageBytes };
    try {
      if (this.#encoding === 'gzip') return gunzipSync(body, options);
      if (this.#encoding === 'deflate') return inflateSync(body, options);
    } catch (error) {
      throw new GrpcError(Code.INTERNAL, `A message could not be decompressed: ${String(error)}`);
    }
    throw new GrpcError(Code.UNIMPLEMENTED, `Messages compressed with ${this.#encoding} are not supported`);
  }
}
