import { messageBytes } from './message.ts';
import type { GroupMessage } from './message.ts';

/** How far past the head to search for a deliverable message if the head is not. */
const MAX_LOOKAHEAD = 1024;

/** Messages in delivery order. Retries go first. */
export class MessageQueue {
  /** Retried and replayed messages by sequence; replayed ones first. */
  #retries: GroupMessage[] = [];
  #fresh: GroupMessage[] = [];
  #freshStart = 0;
  #bytes = 0;

  /** Approximate memory of the messages, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get retryCount(): number {
    return this.#retries.length;
  }

  get freshCount(): number {
    return this.#fresh.length - this.#freshStart;
  }

  push(message: GroupMessage): void {
    this.#fresh.push(message);
    this.#bytes += messageBytes(message);
  }

  /** Puts a message back, before newer ones. */
  retry(message: GroupMessage): void {
    const order = message.sequence ?? 0;
    let at = this.#retries.length;
    while (at > 0 && (this.#retries[at - 1]!.sequence ?? 0) > order) at -= 1;
    this.#retries.splice(at, 0, message);
    this.#bytes += messageBytes(message);
  }

  /** Removes and returns the first message that `accepts` accepts. */
  take(accepts: (message: GroupMessage) => boolean): GroupMessage | undefined {
    const message = this.#find(accepts);
    if (message) this.#bytes -= messageBytes(message);
    return message;
  }

  #find(accepts: (message: GroupMessage) => boolean): GroupMessage | undefined {
    const retry = this.#retries.findIndex((message, i) => i < MAX_LOOKAHEAD && accepts(message));
    if (retry !== -1) return this.#retries.splice(retry, 1)[0];
    const end = Math.min(this.#fresh.length, this.#freshStart + MAX_LOOKAHEAD);
    for (let i = this.#freshStart; i < end; i++) {
      const message = this.#fresh[i]!;
      if (!accepts(message)) continue;
      this.#removeFresh(i);
      return message;
    }
    return undefined;
  }

  /** The lowest waiting sequence; undefined if no message is waiting. */
  lowestSequence(): number | undefined {
    const retry = this.#retries.find(({ sequence }) => sequence !== undefined)?.sequence;
    const fresh = this.#fresh[this.#freshStart]?.sequence;
    return retry !== undefined && fresh !== undefined ? Math.min(retry, fresh) : (retry ?? fresh);
  }

  #removeFresh(at: number): void {
    if (at !== this.#freshStart) {
      this.#fresh.splice(at, 1);
      return;
    }
    this.#freshStart += 1;
    // Free the front now and then, in one step, rather than shifting with every message.
    if (this.#freshStart >= 256 && this.#freshStart * 2 >= this.#fresh.length) {
      this.#fresh = this.#fresh.slice(this.#freshStart);
      this.#freshStart = 0;
    }
  }
}
