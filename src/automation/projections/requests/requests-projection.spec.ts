import { describe, expect, it } from '@jest/globals';
import type { Changes } from '../../../infrastructure/consumers/consumer.ts';
import type { Queryable } from '../../../infrastructure/postgres/database.ts';
import {
  claimed,
  failed,
  IMPLEMENTING,
  lost,
  PLANNING,
  requeuedAfterLoss,
  retried,
  submitted,
} from '../../domain/testing/histories.ts';
import { foldAll } from '../../domain/testing/given.ts';
import type { RequestEvent } from '../../domain/events.ts';
import { GivenEvents, requestId } from '../testing/given-events.ts';
import type { Handled } from '../testing/memory-tables.ts';
import { handled, MemoryTables } from '../testing/memory-tables.ts';
import { RequestsProjection } from './requests-projection.ts';

const RENAMED: RequestEvent = { type: 'RequestDetailsRevised', data: { title: 'Straße', priority: 'critical' } };
const PULLED: RequestEvent = { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/1' } };
const PLANNED: RequestEvent = {
  type: 'MilestonesPlanned',
  data: { milestones: [{ id: 'm1', title: 'One', status: 'pending' }] },
};

const projection = () => new RequestsProjection(() => Promise.resolve());

/** Three requests with interleaved events. */
function story(): GivenEvents {
  return new GivenEvents()
    .happened(1, submitted('feature'))
    .happened(2, submitted('bug'))
    .happened(1, claimed(), PLANNED)
    .happened(3, submitted('feature'), PLANNING)
    .happened(2, RENAMED, PLANNING, IMPLEMENTING, failed('It broke', 'E1'))
    .happened(1, IMPLEMENTING, PULLED, lost(1), requeuedAfterLoss('implementing'))
    .happened(2, retried('failed'))
    .happened(3, { type: 'RequestCancelled', data: { reason: null } });
}

const tablesOf = ({ tables }: Handled) => ({
  requests: tables.rows('requests'),
  counts: tables.rows('request_counts'),
  texts: tables.rows('request_texts'),
});

/** Non-zero counts by kind. */
const counted = ({ tables }: Handled) =>
  Object.fromEntries(
    Object.entries(tables.rows('request_counts')).flatMap(([kind, { count }]) => (count === 0 ? [] : [[kind, count]])),
  );

describe('the list of requests', () => {
  it('has a row per request: the fold of its events, and the position of its submission', async () => {
    const history = [submitted(), claimed(), IMPLEMENTING, PULLED];
    const { tables, skipped } = await handled(projection(), [new GivenEvents().happened(1, ...history).all]);
    const row = tables.rows('requests')[requestId(1)];
    const folded = foldAll(history);
    const valid_from = folded?.last_update;
    expect(row).toEqual({
      ...{ ...folded, id: requestId(1), attempt: 1, urgency: 2, submitted_position: '10', valid_from },
    });
    expect(skipped).toEqual([]);
  });

  it('counts requests by kind', async () => {
    const events = new GivenEvents()
      .happened(1, submitted('feature'))
      .happened(2, submitted('feature'))
      .happened(3, submitted('bug'), PLANNING)
      .happened(2, RENAMED);
    expect(counted(await handled(projection(), [events.all]))).toEqual({
      'pending feature 2': 1,
      'pending feature 0': 1,
      'planning bug 2': 1,
    });
  });

  it('moves a request between the counters', async () => {
    const events = new GivenEvents().happened(1, submitted('feature'), PLANNING, RENAMED, IMPLEMENTING);
    expect(counted(await handled(projection(), events.batches(1)))).toEqual({ 'implementing feature 0': 1 });
  });

  it('finds texts whatever their case and form', async () => {
    const { tables } = await handled(projection(), story().batches(1));
    expect(tables.rows('request_texts')).toEqual({
      [requestId(1)]: { request_id: requestId(1), folded: 'add rate limits\nto all.' },
      [requestId(2)]: { request_id: requestId(2), folded: 'strasse\nto all.' },
      [requestId(3)]: { request_id: requestId(3), folded: 'add rate limits\nto all.' },
    });
  });

  it('finds a description changed on its own', async () => {
    const reworded: RequestEvent = { type: 'RequestDetailsRevised', data: { description: 'To some.' } };
    const { tables } = await handled(projection(), new GivenEvents().happened(1, submitted(), reworded).batches(1));
    expect(tables.rows('request_texts')[requestId(1)]).toMatchObject({ folded: 'add rate limits\nto some.' });
  });

  it('writes texts and counts only if they change', async () => {
    const consumer = projection();
    const events = new GivenEvents().happened(1, submitted(), PULLED);
    const written: string[][] = [];
    for (const batch of events.batches(1)) {
      const changes = await consumer.handle(batch, {
        db: new MemoryTables(),
        signal: new AbortController().signal,
        skip: () => undefined,
      });
      changes?.committed?.();
      written.push((changes?.statements ?? []).map(({ text }) => /INTO (\w+)/.exec(text)?.[1] ?? ''));
    }
    expect(written).toEqual([
      ['requests', 'request_counts', 'request_texts'],
      ['requests', 'past_requests'],
    ]);
  });
});

describe('rows are the same', () => {
  it.each([1, 2, 7])('for batches of %i as for a single one', async (size) => {
    const whole = await handled(projection(), [story().all]);
    const parts = await handled(projection(), story().batches(size));
    expect(tablesOf(parts).requests).toEqual(tablesOf(whole).requests);
    expect(tablesOf(parts).texts).toEqual(tablesOf(whole).texts);
    expect(counted(parts)).toEqual(counted(whole));
    expect(counted(whole)).toEqual({ 'pending feature 2': 1, 'pending bug 0': 1, 'cancelled feature 2': 1 });
  });

  it.each([1, 7])('when the same events come twice, in batches of %i', async (size) => {
    const once = await handled(projection(), story().batches(size));
    const consumer = projection();
    const twice = await handled(consumer, story().batches(size));
    const again = await handled(consumer, story().batches(size), twice.tables);
    expect(tablesOf(again)).toEqual(tablesOf(once));
    expect(again.skipped).toEqual([]);
  });

  it('when everything kept in memory is forgotten after each batch', async () => {
    const kept = await handled(projection(), story().batches(2));
    const tables = new MemoryTables();
    for (const batch of story().batches(2)) await handled(projection(), [batch], tables);
    expect(tables.rows('requests')).toEqual(kept.tables.rows('requests'));
    expect(counted({ tables, skipped: [] })).toEqual(counted(kept));
  });
});

describe('rows before a batch', () => {
  it('are read once, and not for requests that begin in the batch', async () => {
    const consumer = projection();
    const tables = new MemoryTables();
    await handled(projection(), [new GivenEvents().happened(1, submitted(), PLANNING).all], tables);
    const later = new GivenEvents()
      .happened(1, submitted(), PLANNING)
      .happened(2, submitted())
      .happened(1, IMPLEMENTING);
    await handled(consumer, [later.all.slice(2)], tables);
    await handled(consumer, [later.happened(1, PULLED).happened(2, PLANNING).all.slice(-2)], tables);
    expect(tables.read).toEqual([requestId(1)]);
    expect(tables.rows('requests')[requestId(1)]).toMatchObject({
      version: 3,
      pr_url: 'https://git.example/1',
      submitted_position: '10',
    });
  });

  it('are read again after a failed commit', async () => {
    const consumer = projection();
    const events = new GivenEvents().happened(1, submitted(), PLANNING, IMPLEMENTING);
    const [first = [], second = [], third = []] = events.batches(1);
    const { tables } = await handled(consumer, [first]);
    const batch = { db: tables, signal: new AbortController().signal, skip: () => undefined };
    // Not committed.
    await consumer.handle(second, batch);
    const built: Queryable = {
      query: ({ text }) =>
        Promise.resolve({ rows: text.includes('FROM checkpoints') ? [{ version: 3, position: '10' }] : [] }) as never,
    };
    await consumer.prepare(built);
    tables.read = [];
    await handled(consumer, [second, third], tables);
    expect(tables.read).toEqual([requestId(1)]);
    expect(tables.rows('requests')[requestId(1)]).toMatchObject({ status: 'implementing', version: 2 });
  });
});

describe('while many rows are written', () => {
  it('new ones are copies, with all that happened to them in the batch, and changed ones are upserted', async () => {
    const consumer = projection();
    const { all } = new GivenEvents().happened(1, submitted(), PLANNING).happened(2, submitted()).happened(1, RENAMED);
    const batch = { db: new MemoryTables(), signal: new AbortController().signal, skip: () => undefined, copies: true };
    const cell = (changes: Changes | null, table: string, column: string): unknown[] => {
      const copy = changes?.copies?.find((each) => each.table === table);
      return copy?.rows.map((row) => row[copy.columns.indexOf(column)]) ?? [];
    };
    const first = await consumer.handle(all.slice(0, 3), batch);
    expect(cell(first, 'requests', 'id')).toEqual([requestId(1), requestId(2)]);
    expect(cell(first, 'requests', 'status')).toEqual(['planning', 'pending']);
    expect(cell(first, 'requests', 'milestones')).toEqual(['[]', '[]']);
    expect(cell(first, 'request_texts', 'request_id')).toEqual([requestId(1), requestId(2)]);
    expect(first?.statements.map(({ text }) => /INTO (\w+)/.exec(text)?.[1])).toEqual(['request_counts']);
    first?.committed?.();

    const second = await consumer.handle(all.slice(3), batch);
    expect(second?.copies?.map(({ table }) => table)).toEqual(['past_requests', 'past_texts']);
    expect(second?.statements.map(({ text }) => /INTO (\w+)/.exec(text)?.[1])).toEqual([
      'requests',
      'request_counts',
      'request_texts',
    ]);
  });

  it('its twin has nothing of what this one has cached', async () => {
    const consumer = projection();
    const { all } = new GivenEvents().happened(1, submitted(), PLANNING);
    const { tables } = await handled(consumer, [all.slice(0, 1)]);
    await handled(consumer.twin(), [all.slice(1)], tables);
    expect(tables.read).toEqual([requestId(1)]);
  });
});

describe('an event that cannot be handled', () => {
  it('of an unknown type is skipped, and the request continues with the next', async () => {
    const events = new GivenEvents()
      .happened(1, submitted())
      .stored(1, 'RequestBlessed')
      .happened(1, PLANNING)
      .happened(2, submitted());
    for (const size of [1, 7]) {
      const { tables, skipped } = await handled(projection(), events.batches(size));
      expect(skipped).toEqual(['RequestBlessed']);
      expect(tables.rows('requests')[requestId(1)]).toMatchObject({ status: 'planning', version: 2 });
      expect(tables.rows('requests')[requestId(2)]).toMatchObject({ status: 'pending', version: 0 });
    }
  });

  it('because it is not JSON leaves its request unchanged, and holds up no other', async () => {
    const events = new GivenEvents()
      .happened(1, submitted())
      .stored(1, 'PlanningStarted', 'no JSON')
      .happened(1, IMPLEMENTING)
      .happened(2, submitted(), PLANNING);
    for (const size of [1, 7]) {
      const { tables, skipped } = await handled(projection(), events.batches(size));
      expect(skipped).toEqual(['PlanningStarted', 'ImplementationStarted']);
      expect(tables.rows('requests')[requestId(1)]).toMatchObject({ status: 'pending', version: 0 });
      expect(tables.rows('requests')[requestId(2)]).toMatchObject({ status: 'planning', version: 1 });
    }
  });

  it('because an earlier one is missing leaves its request unchanged', async () => {
    const [first, , third] = new GivenEvents().happened(1, submitted(), PLANNING, IMPLEMENTING).all;
    if (!first || !third) throw new Error('Three events.');
    const { tables, skipped } = await handled(projection(), [[first], [third]]);
    expect(skipped).toEqual(['ImplementationStarted']);
    expect(tables.rows('requests')[requestId(1)]).toMatchObject({ status: 'pending', version: 0 });
  });

  it('because the start of its stream is gone makes no row, and is not an error', async () => {
    const events = new GivenEvents().happened(1, submitted(), PLANNING, IMPLEMENTING).happened(2, submitted());
    const { tables, skipped } = await handled(projection(), [events.all.slice(1)]);
    expect(skipped).toEqual([]);
    expect(Object.keys(tables.rows('requests'))).toEqual([requestId(2)]);
  });

  it('alone changes nothing', async () => {
    const changes = await projection().handle(new GivenEvents().happened(1, submitted(), PLANNING).all.slice(1), {
      db: new MemoryTables(),
      signal: new AbortController().signal,
      skip: () => undefined,
    });
    expect(changes).toBeNull();
  });

  it('of an unknown type at the start of a stream makes no row', async () => {
    const { tables, skipped } = await handled(projection(), [new GivenEvents().stored(1, 'RequestBlessed').all]);
    expect(skipped).toEqual(['RequestBlessed']);
    expect(tables.rows('requests')).toEqual({});
  });
});

it('reports touched streams', async () => {
  const told: (readonly string[])[] = [];
  const consumer = new RequestsProjection((streams) => Promise.resolve(void told.push(streams)));
  await consumer.touched(['automation_request-1']);
  expect(told).toEqual([['automation_request-1']]);
  expect(consumer).toMatchObject({ name: 'requests', version: 3 });
});
