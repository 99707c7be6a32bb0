/**
 * Splits a byte stream into lines in bounded memory. A line over the limit is dropped whole, because half a message is useless.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #onLine: (line: Buffer) => void;
  /** Start of the incomplete last line. Copied, so that a few remaining bytes do not keep a whole chunk alive. */
  #buffer = Buffer.alloc(INITIAL_BYTES);
  #bytes = 0;
  #overlong = false;
  /** Number of lines dropped for exceeding the limit. */
  dropped = 0;

  /** @param options `maxBytes` is the limit per line; `onLine` must not keep its buffer, which the next line overwrites */
  constructor({ maxBytes, onLine }: { readonly maxBytes: number; readonly onLine: (line: Buffer) => void }) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#add(chunk.subarray(start, end));
      this.#finishLine();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** Emits the last line if it has no line ending. */
  end(): void {
    if (this.#bytes > 0 || this.#overlong) this.#finishLine();
  }

  #add(part: Uint8Array): void {
    if (this.#overlong) return;
    const bytes = this.#bytes + part.length;
    if (bytes > this.#maxBytes) {
      this.#overlong = true;
      return;
    }
    if (bytes > this.#buffer.length) {
      const larger = Buffer.alloc(Math.min(this.#maxBytes, Math.max(bytes, this.#buffer.length * 2)));
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#bytes);
    this.#bytes = bytes;
  }

  #finishLine(): void {
    if (this.#overlong) this.dropped += 1;
    else if (this.#bytes > 0) this.#onLine(this.#buffer.subarray(0, this.#bytes));
    this.#bytes = 0;
    this.#overlong = false;
  }
}

const LF = 0x0a;
const INITIAL_BYTES = 16 * 1024;
