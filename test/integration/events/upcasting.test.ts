import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readStreams } from '../../../src/event-sourcing/testing/fixtures.ts';
import type { EventStore, StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import type { Batch, Consumer } from '../../../src/infrastructure/consumers/consumer.ts';

/**
 * A later version of the service, in which every event is stored under a new type: `RequestSubmitted.v2` and so on. Of the submission the
 * shape is another too: its first version had an `urgency` for what is the priority. Logs of both versions have to give the same.
 */
const streams = [...readStreams().entries()].filter(([name]) => name.startsWith('automation_request-'));
const types = [...new Set(streams.flatMap(([, events]) => events.map(({ type }) => type)))];
const asIs = (data: object) => data;
const renamed = ({ urgency, ...data }: { urgency?: string }) => ({ ...data, priority: urgency });
jest.unstable_mockModule('../../../src/automation/events/upcasters.ts', () => ({
  STORED_TYPES: Object.fromEntries(types.map((type) => [type, `${type}.v2`])),
  UPCASTERS: Object.fromEntries(
    types.map((type) => [type, { to: `${type}.v2`, upcast: type === 'RequestSubmitted' ? renamed : asIs }]),
  ),
  REQUEST_EVENT_TYPES: types,
}));
const { decodeEvent, requestIdOf } = await import('../../../src/automation/events/codec.ts');
const { messageFor } = await import('../../../src/automation/forwarding/queue-message.ts');
const { DeadlinesProjection } = await import('../../../src/automation/projections/deadlines/deadlines-projection.ts');
const { RequestsProjection } = await import('../../../src/automation/projections/requests/requests-projection.ts');
const { RequestStreams } = await import('../../../src/automation/commands/request-streams.ts');
const { replay } = await import('../../../src/automation/events/replay.ts');
const { matches } = await import('../../../src/automation/queries/event-filters.ts');

function asBefore(event: StoredEvent): StoredEvent {
  if (event.type !== 'RequestSubmitted') return event;
  const { priority, ...data } = JSON.parse(event.data) as { priority: string };
  return { ...event, data: JSON.stringify({ ...data, urgency: priority }) };
}

interface Log {
  readonly store: EventStore;
  readonly events: readonly StoredEvent[];
}

let folder: string;
/** Of the version before, and of this one. */
let logs: readonly [Log, Log];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-upcasting-'));
  const log = async (name: string, written: (event: StoredEvent) => StoredEvent): Promise<Log> => {
    const store = await startEventStore({ kind: 'embedded', path: join(folder, name) });
    for (const [stream, events] of streams) {
      await store.append({ stream, expectedRevision: 'no_stream', events: events.map(written) });
    }
    return { store, events: streams.flatMap(([, events]) => events.map(written)) };
  };
  logs = [await log('before', asBefore), await log('now', (event) => ({ ...event, type: `${event.type}.v2` }))];
});

afterAll(async () => {
  for (const { store } of logs) await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a consumer makes of either log, which has to be the same and not nothing. */
async function ofBoth<T>(consume: (log: Log) => Promise<readonly T[]> | readonly T[]): Promise<readonly T[]> {
  const [before, now] = [await consume(logs[0]), await consume(logs[1])];
  expect(now).toEqual(before);
  expect(now.length).toBeGreaterThan(0);
  return now;
}

/** Every statement by which a consumer begins with these events. */
async function statementsOf(consumer: Consumer, events: readonly StoredEvent[]) {
  const batch: Batch = {
    db: { query: () => Promise.resolve({ rows: [] }) } as unknown as Batch['db'],
    signal: new AbortController().signal,
    skip: (event, error) => {
      throw new Error(`${event.type} was skipped`, { cause: error });
    },
  };
  return (await consumer.handle(events, batch))?.statements ?? [];
}

describe('events stored under a new type beside the old one', () => {
  it('are decoded to the same', async () => {
    const events = await ofBoth((log) => log.events.map((event) => decodeEvent(event).event));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(types));
  });

  it('wake workers', async () => {
    const messages = await ofBoth(async ({ store, events }) => {
      const sent = [];
      for (const event of events) sent.push(await messageFor(event, store));
      return sent.filter((message) => message !== null);
    });
    expect(messages.map(({ attributes }) => attributes.event_type)).toEqual(
      expect.arrayContaining(['RequestSubmitted', 'RequestRequeued']),
    );
    expect(messages.some(({ body }) => body.includes('.v2') || body.includes('undefined'))).toBe(false);
  });

  it('keep the deadlines', async () => {
    await ofBoth(({ events }) => statementsOf(new DeadlinesProjection(), events));
  });

  it('produce the rows of the read model', async () => {
    await ofBoth(({ events }) => statementsOf(new RequestsProjection(() => Promise.resolve()), events));
  });

  it('are used by commands and by past states', async () => {
    const requests = await ofBoth(async ({ store }) => {
      const heads = new RequestStreams(store, {
        isOnlyWriter: false,
        category: 'automation_request',
        policy: { requireApproval: false, maxAttempts: 3 },
        nowMs: Date.now,
        leases: { markIfLapsed: () => Promise.resolve(false) },
        log: { check: () => undefined },
        onTruncated: () => undefined,
      });
      return Promise.all(
        streams.map(async ([stream]) => {
          const loaded = await heads.load(requestIdOf(stream));
          expect(await replay(store, stream, () => true)).toEqual(loaded?.request);
          return loaded?.request;
        }),
      );
    });
    expect(requests.map((request) => request?.priority)).not.toContain(undefined);
  });

  it('are found in the history under their old name', async () => {
    const found = await ofBoth(({ events }) =>
      events.filter((event) => matches(event, { type: ['RequestSubmitted'] })).map(({ id }) => id),
    );
    expect(found).toHaveLength(streams.length);
  });
});
