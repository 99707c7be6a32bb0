import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Consumer } from '../../infrastructure/consumers/consumer.ts';
import { evolve } from '../domain/evolve.ts';
import type { Request, RunFigures } from '../domain/request.ts';
import { decodeEvent, requestIdOf } from '../events/codec.ts';
import { DeadlinesProjection } from './deadlines/deadlines-projection.ts';
import { fromRow } from './requests/request-row.ts';
import { RequestsProjection } from './requests/requests-projection.ts';
import { StatsProjection } from './stats/stats-projection.ts';
import type { GivenEvents } from './testing/given-events.ts';
import type { MemoryTables } from './testing/memory-tables.ts';
import { handled } from './testing/memory-tables.ts';
import { logs } from './testing/random-logs.ts';

const TABLES = [
  ...['requests', 'request_counts', 'request_texts', 'leases', 'resumptions'],
  ...['past_requests', 'past_texts', 'stats_requests', 'stats_stays', 'stats_attempts'],
];

/** Sizes of batches, used in turn. */
const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });

function cut({ all }: GivenEvents, sizes: readonly number[]) {
  const batches = [];
  for (let from = 0, turn = 0; from < all.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    batches.push(all.slice(from, from + size));
    from += size;
  }
  return batches;
}

const projections: readonly (readonly [string, () => Consumer])[] = [
  ['requests', () => new RequestsProjection(() => Promise.resolve())],
  ['deadlines', () => new DeadlinesProjection()],
  ['stats', () => new StatsProjection()],
];

/** All rows. A counter of zero is as good as none. */
const rowsOf = (tables: MemoryTables) =>
  TABLES.map((table) => Object.entries(tables.rows(table)).filter(([, { count }]) => count !== 0));

describe.each(projections)('whatever the commands, the rows of the %s projection', (_, create) => {
  it('are the same however the log is split into batches, and when it is read twice', async () => {
    await fc.assert(
      fc.asyncProperty(logs, cuts, async (log, sizes) => {
        const consumer = create();
        const { tables, skipped } = await handled(consumer, [log.all]);
        const whole = rowsOf(tables);
        expect(skipped).toEqual([]);
        for (const batches of [log.batches(1), log.batches(7), cut(log, sizes)]) {
          const { tables: others } = await handled(create(), batches);
          expect(rowsOf(others)).toEqual(whole);
        }
        // A checkpoint moves with its rows, so only a consumer that still has them in memory can see an event twice.
        await handled(consumer, cut(log, sizes), tables);
        expect(rowsOf(tables)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});

it('whatever the commands, each row of the list equals the fold of its stream', async () => {
  await fc.assert(
    fc.asyncProperty(logs, async (log) => {
      const { tables } = await handled(new RequestsProjection(() => Promise.resolve()), log.batches(7));
      const folded = new Map<string, Request>();
      for (const stored of log.all) {
        const id = requestIdOf(stored.stream);
        folded.set(id, evolve(folded.get(id) ?? null, decodeEvent(stored).event));
      }
      const rows = Object.values(tables.rows('requests')).map((row) => fromRow(row).request);
      expect(rows).toEqual([...folded.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    }),
    { numRuns: 60 },
  );
});

it('whatever the commands, the facts of statistics are those that the history tells', async () => {
  await fc.assert(
    fc.asyncProperty(logs, async (log) => {
      const { tables } = await handled(new StatsProjection(), log.batches(7));
      const expected: { requests: unknown[]; stays: unknown[]; attempts: unknown[] } = {
        requests: [],
        stays: [],
        attempts: [],
      };
      for (const events of Map.groupBy(log.all, ({ stream }) => stream).values()) {
        const states = events.reduce<Request[]>(
          (soFar, stored) => [...soFar, evolve(soFar.at(-1) ?? null, decodeEvent(stored).event)],
          [],
        );
        const moves = states.filter(({ status }, i) => status !== states[i - 1]?.status);
        const last = states.at(-1);
        if (!last) throw new Error('A stream without events.');
        const { id, type, priority, status, created_by, created_at, completed_at } = last;
        const entered_at = moves.at(-1)?.last_update;
        expected.requests.push({ id, type, priority, status, created_by, created_at, entered_at, completed_at });
        moves.slice(0, -1).forEach((from, i) => {
          const to = moves[i + 1];
          const [entered_at, left_at] = [from.last_update, to?.last_update];
          expected.stays.push({ request_id: id, ended_by: to?.version, status: from.status, entered_at, left_at });
        });
        for (const { attempt, started_at, outcome, report } of last.attempts) {
          const all = states.map((state) => state.attempts[attempt - 1]?.figures ?? {});
          const most = (of: (figures: RunFigures) => number | undefined): number | null => {
            const reported = all.flatMap((figures) => of(figures) ?? []);
            return reported.length === 0 ? null : Math.max(...reported);
          };
          expected.attempts.push({
            ...{ request_id: id, attempt, started_at, outcome, error_code: report?.error_code ?? null },
            ...{ cost_usd: most(({ cost_usd }) => cost_usd), turns: most(({ num_turns }) => num_turns) },
          });
        }
      }
      const rows = (table: string) => Object.values(tables.rows(table));
      expect(rows('stats_requests').map(({ attempts: _, version: __, ...row }) => row)).toEqual(
        expect.arrayContaining(expected.requests),
      );
      expect(rows('stats_requests')).toHaveLength(expected.requests.length);
      for (const table of ['stays', 'attempts'] as const) {
        expect(rows(`stats_${table}`)).toHaveLength(expected[table].length);
        expect(rows(`stats_${table}`)).toEqual(expect.arrayContaining(expected[table]));
      }
    }),
    { numRuns: 60 },
  );
});
