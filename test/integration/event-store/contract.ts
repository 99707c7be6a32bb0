/**
 * What every event store behind the port has to do. Runs on a log that already holds streams of others, with names that
 * nobody else uses, so it can be pointed at a server that is in use.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import type { EventStoreLimits } from '../../../src/infrastructure/event-store/limits.ts';
import { uniquePrefix } from '../../support/events.ts';
import { until } from '../../support/until.ts';
import { describeAppend } from './append-contract.ts';
import { describeForeignTraffic } from './foreign-traffic-contract.ts';
import { describeClosing, describeReading } from './reading-contract.ts';
import { describeSubscribing } from './subscribing-contract.ts';

export interface ForeignEvent {
  readonly stream: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** One log, and ways to it. */
export interface Subject {
  /** Writes past the port, as another application would. Called before the first `open`. */
  writeForeign(events: readonly ForeignEvent[]): Promise<void>;
  /** Of a page of a log with many events of others; so short that it cannot be looked through at once. */
  readonly shortPageMs: number;
  open(limits?: Partial<EventStoreLimits>): Promise<EventStore>;
  /** As an operator: deletes the stream, for good (`tombstone`) or not, or truncates it before revision 2. Not while a store is open. */
  alter(stream: string, how: 'delete' | 'tombstone' | 'truncate'): Promise<void>;
  dispose(): Promise<void>;
}

/** What the parts of the contract are given; the store is open while their tests run. */
export interface Opened {
  readonly store: () => EventStore;
  readonly subject: () => Subject;
  /** Prefix of the streams that were written past the port: 50 events in `json`, 2 in `binary`. */
  readonly foreign: string;
}

export function describeEventStore(name: string, setUp: () => Promise<Subject>): void {
  describe(name, () => {
    const foreign = uniquePrefix();
    let subject: Subject;
    let store: EventStore;

    beforeAll(async () => {
      subject = await setUp();
      const bytes = (text: string): Uint8Array => Buffer.from(text);
      await subject.writeForeign([
        ...Array.from({ length: 50 }, (_, n) => ({
          stream: `${foreign}json`,
          contentType: 'application/json' as const,
          data: bytes(JSON.stringify({ n })),
          metadata: bytes('{"by":"others"}'),
        })),
        {
          stream: `${foreign}binary`,
          contentType: 'application/octet-stream',
          data: Uint8Array.from([0, 255, 1, 254]),
          metadata: Uint8Array.from([200, 201]),
        },
        {
          stream: `${foreign}binary`,
          contentType: 'application/octet-stream',
          data: bytes('{"looks":"like JSON"}'),
          metadata: new Uint8Array(),
        },
      ]);
      store = await subject.open();
      await until(
        'the store answers',
        () =>
          store.tail().then(
            () => true,
            () => false,
          ),
        30_000,
      );
    });

    afterAll(async () => {
      await store.close();
      await subject.dispose();
    });

    const opened: Opened = { store: () => store, subject: () => subject, foreign };
    describeAppend(opened);
    describeReading(opened);
    describeSubscribing(opened);
    describeClosing(opened);
    describeForeignTraffic(opened);
  });
}
