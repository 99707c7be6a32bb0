import type { Engine } from '../engine/engine.ts';
import { BadRequestError, EngineClosedError } from '../engine/engine.ts';
import type { GrpcError } from '../grpc/grpc-error.ts';
import { NackAction } from '../wire/persistent-messages.ts';
import { Checkpoints } from './checkpoints.ts';
import { Consumer } from './consumer.ts';
import type { ConsumerConnection } from './consumer.ts';
import { groupFailed, tooManySubscribers } from './errors.ts';
import { checkpointStream, groupId, parkedStream } from './group-settings.ts';
import type { GroupConfig } from './group-settings.ts';
import { followSource, replayedMessage, toMessage } from './group-source.ts';
import { MessageQueue } from './message-queue.ts';
import { messageId } from './message.ts';
import type { GroupMessage } from './message.ts';
import { ParkedMessages } from './parked-messages.ts';
import { Progress } from './progress.ts';
import { createStrategy } from './strategies.ts';
import type { ConsumerStrategy } from './strategies.ts';

/** Approximate limit of memory for a group's waiting messages, whatever buffer size its settings ask for. One page may exceed it. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** State of a group, besides its settings. */
export type GroupState = {
  readonly isLive: boolean;
  readonly total: number;
  readonly lastKnown: bigint | undefined;
  readonly lastCheckpoint: bigint | undefined;
  readonly waiting: number;
  readonly retrying: number;
  readonly inFlight: number;
  readonly outstanding: number;
  readonly parked: number;
};

/**
 * A persistent subscription: follows its source, distributes events among its consumers, retries what they refuse or
 * do not answer, parks what fails too often, and stores in the log how far everything is done.
 */
export class Group {
  readonly config: GroupConfig;
  readonly #engine: Engine;
  readonly #checkpoints: Checkpoints;
  readonly #parked: ParkedMessages;
  readonly #strategy: ConsumerStrategy;
  readonly #consumers = new Set<Consumer>();
  readonly #queue = new MessageQueue();
  /** The consumer that has a message, by id. Ids are not unique; a second message with the same id waits for the first. */
  readonly #inFlight = new Map<string, Consumer>();
  readonly #progress = new Progress();
  readonly #abort = new AbortController();
  #room = Promise.withResolvers<void>();
  #isLive = false;
  #isReplaying = false;
  #isSaving = false;
  #failure: GrpcError | undefined;
  #pumping: Promise<void> = Promise.resolve();

  constructor(engine: Engine, config: GroupConfig) {
    const id = groupId(config.source, config.group);
    this.config = config;
    this.#engine = engine;
    this.#checkpoints = new Checkpoints(engine, checkpointStream(id), config.source);
    this.#parked = new ParkedMessages(engine, parkedStream(id));
    this.#strategy = createStrategy(config.settings.strategy);
  }

  /** Starts reading after the checkpoint, or at the configured start. */
  start(): void {
    const checkpoint = this.#checkpoints.load();
    this.#progress.begin(checkpoint);
    this.#pumping = this.#pump(checkpoint ?? this.config.after);
  }

  /** Adds a consumer. Throws if the group has its maximum number of consumers. */
  connect(connection: ConsumerConnection, bufferSize: number): Consumer {
    const { source, group, settings } = this.config;
    if (this.#failure) throw this.#failure;
    if (settings.maxSubscriberCount > 0 && this.#consumers.size >= settings.maxSubscriberCount) {
      throw tooManySubscribers(source, group);
    }
    const consumer = new Consumer(connection, bufferSize);
    this.#consumers.add(consumer);
    this.#strategy.add(consumer);
    return consumer;
  }

  /** Removes a consumer. The others get its unanswered messages as retries. */
  disconnect(consumer: Consumer): void {
    if (!this.#consumers.delete(consumer)) return;
    this.#strategy.remove(consumer);
    for (const message of consumer.takeAll()) this.#giveAgain(message, 'Consumer disconnected');
    this.dispatch();
  }

  ack(ids: readonly string[]): void {
    for (const id of ids) {
      const message = this.#settle(id);
      if (message) this.#done(message);
    }
    this.dispatch();
  }

  nack(ids: readonly string[], action: number, reason: string): void {
    for (const id of ids) {
      const message = this.#settle(id);
      if (!message) continue;
      if (action === NackAction.PARK) void this.#park(message, `Client explicitly NAK'ed message. ${reason}`);
      else if (action === NackAction.SKIP || action === NackAction.STOP) this.#done(message);
      else this.#giveAgain(message, reason);
    }
    this.dispatch();
  }

  /** Retries overdue messages and saves progress if it is due. Call about once a second. */
  tick(): void {
    const now = Date.now();
    for (const consumer of this.#consumers) {
      for (const message of consumer.takeOverdue(now)) this.#giveAgain(message, 'Timeout');
    }
    this.dispatch();
    void this.#saveProgress('tick');
  }

  /** Replays messages parked before `stopAt` (an exclusive revision of the parked stream). */
  async replayParked(stopAt: bigint | undefined): Promise<void> {
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    try {
      let before: bigint | undefined;
      for (const records of this.#parked.pages(stopAt)) {
        for (const record of records) this.#queue.retry(replayedMessage(this.#engine, record));
        before = (records.at(-1)?.revision ?? 0n) + 1n;
        this.dispatch();
        while (this.#isFull() && !this.#abort.signal.aborted) await this.#room.promise;
      }
      if (before !== undefined) await this.#parked.truncate(before);
    } finally {
      this.#isReplaying = false;
    }
  }

  state(): GroupState {
    return {
      isLive: this.#isLive,
      total: this.#progress.total,
      lastKnown: this.#progress.lastKnown,
      lastCheckpoint: this.#progress.lastCheckpoint,
      waiting: this.#queue.freshCount,
      retrying: this.#queue.retryCount,
      inFlight: this.#inFlight.size,
      outstanding: this.#progress.outstanding,
      parked: this.#parked.count(),
    };
  }

  *consumers(): Generator<Consumer> {
    yield* this.#consumers;
  }

  /** Stops the group and drops its consumers. With `save`, stores its progress first. */
  async stop(reason: GrpcError, save: boolean): Promise<void> {
    this.#abort.abort();
    this.#room.resolve();
    for (const consumer of this.#consumers) consumer.drop(reason);
    this.#consumers.clear();
    await this.#pumping;
    if (save) await this.#saveProgress('stop');
  }

  async #pump(after: bigint | 'start'): Promise<void> {
    const { signal } = this.#abort;
    try {
      for await (const { records, caughtUp } of followSource(this.#engine, this.config, after, signal)) {
        for (const record of records) {
          const message = toMessage(this.#engine, this.config, record, this.#progress.nextSequence);
          this.#progress.add(message.place);
          this.#queue.push(message);
        }
        this.#isLive = caughtUp;
        this.dispatch();
        while (this.#isFull() && !signal.aborted) await this.#room.promise;
      }
    } catch (error) {
      // When the node closes, unfinished messages are read again after the next start.
      if (error instanceof EngineClosedError) return;
      this.#fail(error instanceof BadRequestError ? 'This node does not support its filter' : 'The log cannot be read');
    }
  }

  /** Drops current and later consumers with an error, rather than leaving them waiting. */
  #fail(reason: string): void {
    const { source, group } = this.config;
    this.#failure = groupFailed(source, group, reason);
    for (const consumer of this.#consumers) consumer.drop(this.#failure);
  }

  /** Sends messages as long as one can be delivered. */
  dispatch(): void {
    for (;;) {
      if (![...this.#consumers].some(({ hasRoom }) => hasRoom)) break;
      let consumer: Consumer | undefined;
      const message = this.#queue.take((candidate) => {
        if (this.#inFlight.has(messageId(candidate))) return false;
        consumer = this.#strategy.choose(candidate);
        return consumer !== undefined;
      });
      if (!message || !consumer) break;
      this.#inFlight.set(messageId(message), consumer);
      consumer.send(message, this.config.settings.messageTimeoutMs);
    }
    if (!this.#isFull()) {
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    }
  }

  #isFull(): boolean {
    const limit = Math.max(1, this.config.settings.historyBufferSize);
    return this.#queue.freshCount + this.#queue.retryCount >= limit || this.#queue.bytes >= MAX_WAITING_BYTES;
  }

  #settle(id: string): GroupMessage | undefined {
    const message = this.#inFlight.get(id)?.settle(id);
    this.#inFlight.delete(id);
    return message;
  }

  #giveAgain(message: GroupMessage, reason: string): void {
    this.#inFlight.delete(messageId(message));
    if (message.retryCount >= this.config.settings.maxRetryCount) {
      void this.#park(message, `Reached retry count of ${message.retryCount}. ${reason}`);
      return;
    }
    message.retryCount += 1;
    this.#queue.retry(message);
  }

  async #park(message: GroupMessage, reason: string): Promise<void> {
    try {
      await this.#parked.park(message, reason);
      this.#done(message);
    } catch {
      // Not parked, so not done: it is retried, at the latest after the next start.
      this.#queue.retry(message);
    }
  }

  #done(message: GroupMessage): void {
    if (message.sequence === undefined) return;
    this.#progress.done(message.sequence);
    void this.#saveProgress('count');
  }

  async #saveProgress(occasion: 'count' | 'tick' | 'stop'): Promise<void> {
    if (this.#isSaving) return;
    const place = this.#progress.due(occasion, this.config.settings);
    if (place === undefined) return;
    this.#isSaving = true;
    try {
      await this.#checkpoints.save(place);
    } catch {
      // Retried at the next occasion. After a restart, some events are delivered again.
    } finally {
      this.#isSaving = false;
    }
  }
}
