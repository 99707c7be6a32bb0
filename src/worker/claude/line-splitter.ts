/**
 * Cuts a stream of bytes into lines, in bounded memory: a line that grows over the limit is not handed on at all, because half a
 * message is none.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #onLine: (line: Buffer) => void;
  /** The beginning of a line whose end has not come yet. Copied, so that no chunk is kept alive by the few bytes that are left of it. */
  #buffer = Buffer.alloc(INITIAL_BYTES);
  #bytes = 0;
  #overlong = false;
  /** Lines that were over the limit. */
  dropped = 0;

  /** @param options `onLine` gets bytes that are overwritten by the next line */
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

  /** Hands on the last line where it has no line end. */
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
