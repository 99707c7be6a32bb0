import type { GrpcError } from '../grpc/grpc-error.ts';
import type { ConnectionInfo } from '../wire/persistent-messages.ts';
import { Measurements } from './measurements.ts';
import type { GroupMessage } from './message.ts';
import { messageBytes, messageId } from './message.ts';

/** The connection of a consumer. */
export type ConsumerConnection = {
  readonly from: string;
  readonly userName: string;
  readonly connectionName: string;
  readonly send: (message: GroupMessage) => void;
  /** True while the client is not reading what it was sent. The connection dispatches again when it does. */
  readonly isCongested: () => boolean;
  readonly drop: (reason: GrpcError) => void;
};

/** Approximate limit of memory for sent but unanswered messages, whatever buffer size the client asks for. One message may exceed it. */
const MAX_IN_FLIGHT_BYTES = 16 * 1024 * 1024;

type InFlight = { readonly message: GroupMessage; readonly sentAt: number; readonly dueAt: number };

/** A connected consumer of a group, and the messages it has not answered. */
export class Consumer {
  readonly #connection: ConsumerConnection;
  readonly #bufferSize: number;
  readonly #inFlight = new Map<string, InFlight>();
  #inFlightBytes = 0;
  readonly #measurements = new Measurements();
  #total = 0;
  #sinceLastLook = 0;
  readonly #connectedAt = Date.now();

  constructor(connection: ConsumerConnection, bufferSize: number) {
    this.#connection = connection;
    this.#bufferSize = bufferSize;
  }

  get hasRoom(): boolean {
    const isFull = this.#inFlight.size >= this.#bufferSize || this.#inFlightBytes >= MAX_IN_FLIGHT_BYTES;
    return !isFull && !this.#connection.isCongested();
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  send(message: GroupMessage, timeoutMs: number): void {
    const now = Date.now();
    this.#inFlight.set(messageId(message), { message, sentAt: now, dueAt: now + timeoutMs });
    this.#inFlightBytes += messageBytes(message);
    this.#total += 1;
    this.#sinceLastLook += 1;
    this.#connection.send(message);
  }

  /** Removes a message from those in flight; undefined if it was not. */
  settle(id: string): GroupMessage | undefined {
    const found = this.#inFlight.get(id);
    if (!found) return undefined;
    this.#remove(id, found);
    this.#measurements.add(Date.now() - found.sentAt);
    return found.message;
  }

  /** Removes and returns messages that are overdue at `now`. */
  takeOverdue(now: number): GroupMessage[] {
    const overdue = [...this.#inFlight.entries()].filter(([, { dueAt }]) => dueAt <= now);
    for (const [id, found] of overdue) this.#remove(id, found);
    return overdue.map(([, { message }]) => message);
  }

  takeAll(): GroupMessage[] {
    const messages = [...this.#inFlight.values()].map(({ message }) => message);
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
    return messages;
  }

  #remove(id: string, { message }: InFlight): void {
    this.#inFlight.delete(id);
    this.#inFlightBytes -= messageBytes(message);
  }

  *inFlightMessages(): Generator<GroupMessage> {
    for (const { message } of this.#inFlight.values()) yield message;
  }

  drop(reason: GrpcError): void {
    this.#connection.drop(reason);
  }

  info(extraStatistics: boolean): ConnectionInfo {
    const { from, userName, connectionName } = this.#connection;
    const seconds = Math.max(1, (Date.now() - this.#connectedAt) / 1000);
    const info: ConnectionInfo = {
      from,
      username: userName,
      averageItemsPerSecond: Math.round(this.#total / seconds),
      totalItems: BigInt(this.#total),
      countSinceLastMeasurement: BigInt(this.#sinceLastLook),
      observedMeasurements: extraStatistics ? this.#measurements.summary() : [],
      availableSlots: Math.max(0, this.#bufferSize - this.#inFlight.size),
      inFlightMessages: this.#inFlight.size,
      connectionName,
    };
    this.#sinceLastLook = 0;
    return info;
  }
}
