import { describe, expect, it } from '@jest/globals';
import {
  blocked,
  CANCELLED,
  claimed,
  COMPLETED,
  failed,
  IMPLEMENTING,
  lost,
  PLANNING,
  requeuedAfterLoss,
  retried,
  submitted,
} from '../../domain/testing/histories.ts';
import { minute } from '../../domain/testing/given.ts';
import type { RequestEvent } from '../../domain/events.ts';
import { GivenEvents, requestId } from '../testing/given-events.ts';
import { handled, MemoryTables } from '../testing/memory-tables.ts';
import { DeadlinesProjection } from './deadlines-projection.ts';

const ENDED: RequestEvent = {
  type: 'AttemptEnded',
  data: { attempt: 1, outcome: 'failed', error_code: null, error_message: null, duration_ms: 5, resume_at: null },
} as unknown as RequestEvent;
const UNBLOCKED: RequestEvent = { type: 'RequestUnblocked', data: { to: 'implementing' } };
const RESUME_AT = '2026-01-05T12:00:00.000Z';

const after = async (...history: readonly RequestEvent[]) => {
  const { tables } = await handled(new DeadlinesProjection(), new GivenEvents().happened(1, ...history).batches(1));
  const inOne = await handled(new DeadlinesProjection(), [new GivenEvents().happened(1, ...history).all]);
  expect(inOne.tables.rows('leases')).toEqual(tables.rows('leases'));
  expect(inOne.tables.rows('resumptions')).toEqual(tables.rows('resumptions'));
  return { leases: Object.values(tables.rows('leases')), resumptions: Object.values(tables.rows('resumptions')) };
};

describe('a lease', () => {
  it('begins with the claim, and lasts as long as it says', async () => {
    expect(await after(submitted(), claimed())).toEqual({
      leases: [{ request_id: requestId(1), attempt: 1, worker: 'dev-1', lease_seconds: 120, expires_at: minute(3) }],
      resumptions: [],
    });
  });

  it.each([
    ['the attempt ends', [ENDED]],
    ['the attempt is lost', [lost(1)]],
    ['the request is queued again', [requeuedAfterLoss()]],
  ])('ends when %s', async (_, events) => {
    expect((await after(submitted(), claimed(), ...events)).leases).toEqual([]);
  });

  it.each([
    ['progress', [IMPLEMENTING]],
    ['a block', [blocked('planning')]],
  ])('continues with %s', async (_, events) => {
    expect((await after(submitted(), claimed(), ...events)).leases).toHaveLength(1);
  });

  it('is that of the latest claim', async () => {
    const { leases } = await after(submitted(), claimed(), lost(1), requeuedAfterLoss(), claimed(2));
    expect(leases).toMatchObject([{ attempt: 2, expires_at: minute(6) }]);
  });
});

describe('a resumption', () => {
  it('is scheduled by a block with a time', async () => {
    expect((await after(submitted(), blocked('pending', { resume_at: RESUME_AT }))).resumptions).toEqual([
      { request_id: requestId(1), resume_at: RESUME_AT },
    ]);
  });

  it('is not scheduled by a block without a time', async () => {
    expect((await after(submitted(), blocked('pending'))).resumptions).toEqual([]);
  });

  it.each([
    ['earlier', { resume_at: minute(9) }, [{ request_id: requestId(1), resume_at: minute(9) }]],
    ['not at all', { resume_at: null }, []],
    [
      'for another reason, at the same time',
      { reason: 'rate_limited' as const },
      [{ request_id: requestId(1), resume_at: RESUME_AT }],
    ],
  ])('is rescheduled: %s', async (_, data, expected) => {
    const revised = { type: 'BlockRevised', data } as unknown as RequestEvent;
    expect((await after(submitted(), blocked('pending', { resume_at: RESUME_AT }), revised)).resumptions).toEqual(
      expected,
    );
  });

  it.each([
    ['unblocked', [UNBLOCKED]],
    ['retried', [retried('blocked')]],
    ['completed', [COMPLETED]],
    ['failed', [failed()]],
    ['cancelled', [CANCELLED]],
  ])('is over once the request is %s', async (_, events) => {
    const { resumptions } = await after(submitted(), blocked('pending', { resume_at: RESUME_AT }), ...events);
    expect(resumptions).toEqual([]);
  });
});

/** Four requests with interleaved events. */
function story(): GivenEvents {
  return new GivenEvents()
    .happened(1, submitted(), claimed())
    .happened(2, submitted(), claimed())
    .happened(3, submitted(), blocked('pending', { resume_at: RESUME_AT }))
    .happened(1, lost(1), requeuedAfterLoss(), claimed(2))
    .happened(4, submitted(), claimed(), PLANNING, blocked('planning', { resume_at: RESUME_AT }))
    .happened(2, ENDED, CANCELLED)
    .happened(3, UNBLOCKED)
    .happened(4, ENDED);
}

describe('rows are the same', () => {
  it.each([1, 7, 100])('in batches of %i, once or twice', async (size) => {
    const { tables } = await handled(new DeadlinesProjection(), story().batches(size));
    await handled(new DeadlinesProjection(), story().batches(size), tables);
    expect(Object.keys(tables.rows('leases'))).toEqual([requestId(1)]);
    expect(tables.rows('leases')[requestId(1)]).toMatchObject({ attempt: 2 });
    expect(tables.rows('resumptions')).toEqual({ [requestId(4)]: { request_id: requestId(4), resume_at: RESUME_AT } });
  });
});

describe('an event', () => {
  const handle = (events: GivenEvents) => handled(new DeadlinesProjection(), [events.all]);

  it('without effect on deadlines is not decoded', async () => {
    expect(await handle(new GivenEvents().stored(1, 'PhaseNoted', 'no JSON'))).toMatchObject({ skipped: [] });
  });

  it('of an unknown type is not an error here', async () => {
    expect((await handle(new GivenEvents().stored(1, 'RequestBlessed'))).skipped).toEqual([]);
  });

  it('that cannot be read is skipped, and holds up no other', async () => {
    const { tables, skipped } = await handle(
      new GivenEvents().stored(1, 'RequestClaimed', 'no JSON').happened(2, submitted(), claimed()),
    );
    expect(skipped).toEqual(['RequestClaimed']);
    expect(Object.keys(tables.rows('leases'))).toEqual([requestId(2)]);
  });

  it('of another kind changes nothing', async () => {
    const changes = await new DeadlinesProjection().handle(new GivenEvents().happened(1, submitted(), PLANNING).all, {
      db: new MemoryTables(),
      signal: new AbortController().signal,
      skip: () => undefined,
    });
    expect(changes).toBeNull();
  });
});

it.each([
  ['a claim', [submitted(), claimed()], 1],
  ['the end of an attempt', [ENDED], 1],
  ['a block until then', [blocked('pending', { resume_at: RESUME_AT })], 1],
  ['the end of a block', [UNBLOCKED], 1],
  ['a return to the queue', [requeuedAfterLoss()], 2],
])('%s writes no more than it changes', async (_, events, statements) => {
  const changes = await new DeadlinesProjection().handle(new GivenEvents().happened(1, ...events).all, {
    db: new MemoryTables(),
    signal: new AbortController().signal,
    skip: () => undefined,
  });
  expect(changes?.statements).toHaveLength(statements);
});

it('runs under its permanent name', () => {
  expect(new DeadlinesProjection()).toMatchObject({ name: 'leases', version: 3 });
});
