import { once } from 'node:events';
import type { Response } from 'express';
import type { Delivery, Follower } from '../../infrastructure/consumers/follower.ts';

export const EVENT_STREAM = 'text/event-stream';

/** After this long without a byte a comment is sent, in ms. */
const COMMENT_AFTER_MS = 15_000;
/** A client that takes nothing for this long is disconnected, in ms: sooner if its share of the memory is used up. */
const STALLED_MS = 30_000;
const STALLED_AND_FULL_MS = 5_000;
/** How long the last words may take to reach the client, in ms. */
const FAREWELL_MS = 1_000;
/** When a client should come back, in ms. After a shutdown somewhat later, and not all at once. */
const RETRY_MS = 2_000;
/** Frames are sent together up to this size, in UTF-16 units. */
const CHUNK_UNITS = 64 * 1024;

/** Why a stream ends although its client is there. */
export type EndCode = 'unauthenticated' | 'forbidden';

export interface LiveStreamParts {
  readonly response: Response;
  readonly follower: Pick<Follower, 'take' | 'close' | 'isFull'>;
  /** The frames of a delivery, see {@link frame}. */
  readonly framesOf: (delivery: Delivery) => Iterable<string> | Promise<Iterable<string>>;
  /** Says why the stream must end, or null. Called before the first frame, and then about each second. */
  readonly lost: () => Promise<EndCode | null>;
}

/** One event of a stream (Server-Sent Events). `data` is JSON, so it has no line break. */
export function frame(position: bigint, type: string, data: object): string {
  return `id: ${position}\nevent: ${type.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One client that follows a feed by Server-Sent Events, until it leaves, loses its right, or the service stops. */
export class LiveStream {
  readonly #parts: LiveStreamParts;
  readonly #over = new AbortController();
  #writtenAt = performance.now();
  /** Since when bytes have been waiting for the client; null if none are. */
  #stalledSince: number | null = null;
  #isChecking = false;

  constructor(parts: LiveStreamParts) {
    this.#parts = parts;
    parts.response.once('close', () => this.#stop());
  }

  /** Sends the head, then frames as they come. Resolves when the stream has ended. Throws errors of the feed. */
  async run(): Promise<void> {
    const { response, follower, framesOf } = this.#parts;
    response.setHeader('Content-Type', EVENT_STREAM);
    response.setHeader('Cache-Control', 'no-store');
    // Reverse proxies would keep frames until they have some KiB of them.
    response.setHeader('X-Accel-Buffering', 'no');
    try {
      if (response.req.method === 'HEAD') return;
      await this.#write(`retry: ${RETRY_MS}\n\n`);
      await this.#check();
      for (let delivery; !this.#isOver && (delivery = await follower.take());) {
        for (const text of chunksOf(await framesOf(delivery))) {
          if (this.#isOver) break;
          await this.#write(text);
        }
      }
    } finally {
      this.end();
    }
  }

  /** Ends the stream, and tells the client why, or when to come back. */
  end(code: EndCode | null = null): void {
    const { response } = this.#parts;
    this.#stop();
    if (response.writableEnded || response.destroyed) return;
    const comeBackMs = RETRY_MS + Math.round(Math.random() * RETRY_MS);
    const last = code === null ? `retry: ${comeBackMs}\n\n` : frameOfEnd(code);
    if (response.req.method === 'HEAD') response.end();
    else response.end(last);
    const late = setTimeout(() => response.destroy(), FAREWELL_MS);
    response.once('close', () => clearTimeout(late));
  }

  /** To be called about each second. Returns false if the client was disconnected because it does not read. */
  tick(): boolean {
    if (this.#isOver) return true;
    const { response, follower } = this.#parts;
    const now = performance.now();
    if (this.#stalledSince !== null) {
      const patienceMs = follower.isFull ? STALLED_AND_FULL_MS : STALLED_MS;
      // Without a farewell, which would only wait too. The client resumes after the last frame it has.
      if (now - this.#stalledSince > patienceMs) {
        response.destroy();
        return false;
      }
    } else if (now - this.#writtenAt >= COMMENT_AFTER_MS) {
      void this.#write(':\n\n');
    }
    if (!this.#isChecking) void this.#check();
    return true;
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #stop(): void {
    this.#over.abort();
    this.#parts.follower.close();
  }

  async #check(): Promise<void> {
    this.#isChecking = true;
    // What cannot be found out now is asked again.
    const code = await this.#parts.lost().catch(() => null);
    this.#isChecking = false;
    if (code !== null && !this.#isOver) this.end(code);
  }

  /** Waits until the client has taken it, or the stream is over. */
  async #write(text: string): Promise<void> {
    const { response } = this.#parts;
    this.#writtenAt = performance.now();
    if (response.write(text)) return;
    this.#stalledSince ??= performance.now();
    await once(response, 'drain', { signal: this.#over.signal }).catch(() => undefined);
    this.#stalledSince = null;
  }
}

function frameOfEnd(code: EndCode): string {
  return `event: end\ndata: ${JSON.stringify({ code })}\n\n`;
}

function* chunksOf(frames: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const text of frames) {
    chunk += text;
    if (chunk.length < CHUNK_UNITS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
