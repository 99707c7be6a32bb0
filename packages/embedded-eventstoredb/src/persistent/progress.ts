import type { GroupSettings } from './group-settings.ts';

/** Tracks which messages of a group are done, and when to write a checkpoint. Sequences count messages from 1. */
export class Progress {
  /** Messages that are not done, in order, each with the place of the message before it. */
  readonly #outstanding = new Map<number, bigint | undefined>();
  #sequence = 0;
  #lastKnown: bigint | undefined;
  #lastCheckpoint: bigint | undefined;
  #savedSequence = 0;
  #savedAt = Date.now();

  begin(checkpoint: bigint | undefined): void {
    this.#lastCheckpoint = checkpoint;
    this.#lastKnown = checkpoint;
  }

  get nextSequence(): number {
    return this.#sequence + 1;
  }

  get total(): number {
    return this.#sequence;
  }

  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** Place of the newest message read from the source. */
  get lastKnown(): bigint | undefined {
    return this.#lastKnown;
  }

  get lastCheckpoint(): bigint | undefined {
    return this.#lastCheckpoint;
  }

  /** Adds a message that was read from the source; it gets the next sequence. */
  add(place: bigint): void {
    this.#sequence += 1;
    this.#outstanding.set(this.#sequence, this.#lastKnown);
    this.#lastKnown = place;
  }

  done(sequence: number): void {
    this.#outstanding.delete(sequence);
  }

  /**
   * The place to save now, up to which everything is done; undefined if no checkpoint is due. One is due after the
   * maximum number of messages, or at a tick if the interval is over and the minimum number is reached.
   */
  due(occasion: 'count' | 'tick' | 'stop', settings: GroupSettings): bigint | undefined {
    const [first] = this.#outstanding;
    const completed = first ? first[0] - 1 : this.#sequence;
    const place = first ? first[1] : this.#lastKnown;
    const progress = completed - this.#savedSequence;
    if (progress <= 0 || place === undefined) return undefined;
    const isTime = occasion === 'tick' && Date.now() - this.#savedAt >= settings.checkpointAfterMs;
    const isDue =
      occasion === 'stop' ||
      progress >= Math.max(1, settings.maxCheckpointCount) ||
      (isTime && progress >= settings.minCheckpointCount);
    if (!isDue) return undefined;
    this.#savedSequence = completed;
    this.#savedAt = Date.now();
    this.#lastCheckpoint = place;
    return place;
  }
}
