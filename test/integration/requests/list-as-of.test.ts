/** The list as of an earlier time, compared with what was listed then. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OnRequest } from '../../../src/automation/commands/on-request.ts';
import { SubmitRequest } from '../../../src/automation/commands/submit-request.ts';
import type { Request } from '../../../src/automation/domain/request.ts';
import { aim, intents, submissions } from '../../../src/automation/domain/testing/arbitraries.ts';
import { RequestsProjection } from '../../../src/automation/projections/requests/requests-projection.ts';
import type { FoundRequest } from '../../../src/automation/queries/found-request.ts';
import { ListRequests } from '../../../src/automation/queries/list-requests.ts';
import type { ListFilters, Sort } from '../../../src/automation/queries/list-sql.ts';
import { PastLists } from '../../../src/automation/queries/past-lists.ts';
import { readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import { requestRebuild } from '../../../src/infrastructure/consumers/rebuild.ts';
import { rebuildOf } from '../../../src/infrastructure/consumers/shadow.ts';
import { startApplication } from '../../support/application.ts';
import type { TestApplication } from '../../support/application.ts';
import { until } from '../../support/until.ts';

const STEPS = 70;
const BEGIN = Date.parse('2030-01-01T00:00:00.000Z');
const DAY_SECONDS = 24 * 60 * 60;

/** Every order and every kind of filter. */
const LISTS: readonly (readonly [Sort, ListFilters])[] = [
  ['-created_at', {}],
  ['created_at', { status: ['pending', 'blocked', 'planning'] }],
  ['-last_update', { type: ['bug', 'feature', 'research'] }],
  ['last_update', { q: 'two' }],
  ['priority', { priority: ['high', 'medium'], created_before: '2030-01-01T01:00:00.000Z' }],
  ['status', { updated_after: '2030-01-01T00:30:00.000Z' }],
  ['-status', { q: 'drei one' }],
  ['completed_at', { completed_after: '2030-01-01T00:10:00.000Z' }],
  ['-completed_at', { own: 'tester' }],
];

let app: TestApplication;
/** What each list was at a time, in ms. Later ones of the same millisecond replace earlier ones. */
const recorded = new Map<number, readonly (readonly FoundRequest[])[]>();

beforeAll(async () => {
  app = await startApplication();
  // It acts by itself, within a millisecond that is recorded already.
  await app.reaper.stop();
});
afterAll(() => app.stop());

const call = (actor: object) => ({
  actor: { principal: 'tester', role: 'caller', ...actor } as const,
  callId: 'c',
  correlationId: 'c',
});

/** All pages of a list. */
async function list(sort: Sort, filters: ListFilters): Promise<readonly FoundRequest[]> {
  const items: FoundRequest[] = [];
  for (let cursor: string | undefined; ;) {
    const options = {
      caller: 'tester',
      position: null,
      includeTotal: true,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const page = await app.queries.execute(new ListRequests(filters, sort, 4, options));
    items.push(...page.items);
    if (page.nextCursor === null) {
      expect(page.total).toBe(items.length);
      return items;
    }
    cursor = page.nextCursor;
  }
}

/** `valid_from` is a column of today's rows, too. */
const shown = (items: readonly FoundRequest[]) =>
  items.map(({ request, attempt, queued }) => {
    const { found: _, ...fields } = request as unknown as Record<string, unknown>;
    return { fields, attempt, queued: queued.queued_at };
  });

async function everyList(asOf?: number): Promise<readonly (readonly FoundRequest[])[]> {
  const lists = [];
  for (const [sort, filters] of LISTS) {
    const time = asOf === undefined ? {} : { as_of: new Date(asOf).toISOString() };
    lists.push(await list(sort, { ...filters, ...time }));
  }
  return lists;
}

async function live(): Promise<number> {
  const states: Request[] = [];
  const seed = 20_300_101;
  const steps = fc.sample(fc.record({ n: fc.nat(5), intent: intents, ms: fc.constantFrom(0, 0, 1, 250, 90_000) }), {
    numRuns: STEPS,
    seed,
  });
  const submitted = fc.sample(submissions, { numRuns: 6, seed });
  let now = BEGIN;
  let done = 0;
  for (const { n, intent, ms } of steps) {
    app.advance(ms / 1_000);
    now += ms;
    const state = states[n];
    try {
      if (state) {
        const { command, actor } = aim(intent, state);
        states[n] = (await app.commands.execute(new OnRequest(state.id, command as never, call(actor)))).request;
      } else {
        const { type, priority, title, description } = submitted[n]!;
        const submission = { type, priority, title, description };
        const executed = await app.commands.execute(new SubmitRequest(submission, call({})));
        states[n] = executed.request;
      }
      done += 1;
    } catch (error) {
      // Refused: nothing happened.
      expect((error as { code?: unknown }).code).toEqual(expect.any(String));
    }
    recorded.set(now, await everyList());
  }
  return done;
}

async function expectRecorded(): Promise<void> {
  for (const [now, then] of recorded) {
    const lists = await everyList(now);
    expect([now, lists.map(shown)]).toEqual([now, then.map(shown)]);
  }
}

describe('the list as of an earlier time', () => {
  it('is the list that stood there then, in every order, with every filter, on all pages', async () => {
    expect(await live()).toBeGreaterThan(STEPS / 3);
    expect(recorded.size).toBeGreaterThan(15);
    await expectRecorded();
    expect((await everyList(BEGIN - 1)).flat()).toEqual([]);
  });

  it('is the same after a rebuild', async () => {
    await app.pool.query('DELETE FROM past_requests');
    await app.pool.query('DELETE FROM past_texts');
    await requestRebuild(app.pool, new RequestsProjection(() => Promise.resolve()));
    const wish = () => readCheckpoint(app.pool, rebuildOf('requests'));
    await until('the rebuild is done', async () => (await wish()) === null, 30_000);
    await expectRecorded();
  });

  it('goes back as far as rows are kept, which are deleted after that', async () => {
    const count = async () => Number((await app.pool.query('SELECT count(*) FROM past_requests')).rows[0].count);
    expect(await count()).toBeGreaterThan(0);
    app.advance(401 * DAY_SECONDS);
    const submission = { type: 'bug', priority: 'low', title: 'Later', description: 'Much' } as const;
    await app.commands.execute(new SubmitRequest(submission, call({})));
    await app.barrier.wait(null);
    expect(await count()).toBe(0);
    const later = Date.parse('2035-01-01T00:00:00.000Z');
    const { earliest } = await new PastLists(app.pool, 4_000, () => later).range();
    // Although more days are wanted now, what was deleted stays away until the next rebuild.
    expect(Date.parse(earliest)).toBeGreaterThan(Math.max(...recorded.keys()));
    await requestRebuild(app.pool, new RequestsProjection(() => Promise.resolve()));
    const wish = () => readCheckpoint(app.pool, rebuildOf('requests'));
    await until('the rebuild is done', async () => (await wish()) === null, 30_000);
    expect(await count()).toBe(0);
    expect((await new PastLists(app.pool, 4_000, () => later).range()).earliest).toBe(earliest);
  });
});
