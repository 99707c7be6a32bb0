import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { allowedTransitions } from './lifecycle.ts';
import type { RequestType, Status } from './request.ts';
import { STATUSES } from './request.ts';
import type { Given } from './testing/given.ts';
import { given } from './testing/given.ts';
import {
  BLOCKABLE,
  blocked,
  CANCELLED,
  COMPLETED,
  DEPLOYING,
  failed,
  IMPLEMENTING,
  PLANNING,
  retried,
  REVIEWING,
  TESTING,
  until,
} from './testing/histories.ts';

/** Copied from the HTTP contract. */
const TABLE = `
  pending      | planning implementing blocked failed cancelled
  planning     | implementing reviewing blocked failed cancelled
  implementing | planning testing reviewing blocked failed cancelled
  testing      | implementing reviewing deploying blocked failed cancelled
  reviewing    | implementing testing deploying completed blocked failed cancelled
  deploying    | implementing completed blocked failed cancelled
  blocked      | pending failed cancelled
  failed       | pending
  completed    |
  cancelled    |
`;

const ROWS = new Map(
  TABLE.trim()
    .split('\n')
    .map((row) => {
      const [from = '', to = ''] = row.split('|');
      return [from.trim(), to.split(' ').filter(Boolean) as Status[]] as const;
    }),
);

interface Start {
  readonly name: string;
  readonly type: RequestType;
  readonly from: Status;
  readonly start: Given;
  readonly allowed: readonly Status[];
}

function startsOf(type: RequestType): Start[] {
  const unblocked = STATUSES.filter((from) => from !== 'blocked').map((from): Start => {
    const allowed = [...(ROWS.get(from) ?? [])];
    if (type === 'research' && from === 'planning') allowed.push('completed');
    return { name: from, type, from, start: given(...until(from, type)), allowed };
  });
  const blockedOnes = BLOCKABLE.map((was): Start => {
    const allowed = [...new Set([was, ...(ROWS.get('blocked') ?? [])])];
    const start = given(...until(was, type), blocked(was, { message: 'Stuck', error_code: 'E2' }));
    return { name: `blocked (from ${was})`, type, from: 'blocked', start, allowed };
  });
  return [...unblocked, ...blockedOnes];
}

const STARTS = [...startsOf('feature'), ...startsOf('bug'), ...startsOf('refactor'), ...startsOf('research')];
const PAIRS = STARTS.filter(({ type }) => type === 'feature' || type === 'research').flatMap((start) =>
  STATUSES.map((to) => ({ ...start, to })),
);

/** The event recorded for the move. */
function eventOf(from: Status, to: Status): RequestEvent {
  if (to === 'pending') return retried(from as 'failed' | 'blocked');
  if (to === 'blocked') return blocked(from);
  if (to === 'failed') return failed();
  if (to === 'cancelled') return CANCELLED;
  if (from === 'blocked') return { type: 'RequestUnblocked', data: { to } };
  const starts = {
    planning: PLANNING,
    implementing: IMPLEMENTING,
    testing: TESTING,
    reviewing: REVIEWING,
    deploying: DEPLOYING,
    completed: COMPLETED,
  };
  return starts[to];
}

describe('the transition table', () => {
  it('has a row for every status', () => {
    expect([...ROWS.keys()].sort()).toEqual([...STATUSES].sort());
  });

  it.each(STARTS)('equals allowedTransitions for a $type that is $name', ({ start, allowed }) => {
    expect(start.state && allowedTransitions(start.state)).toEqual(allowed);
  });

  describe.each(['ReviseRequest', 'ChangeStatus'] as const)('by %s', (command) => {
    it.each(PAIRS)('a $type from $name to $to', ({ from, to, start, allowed }) => {
      const decided = start.when({ command, patch: { status: to } });
      if (to === from) decided.decidesNothing();
      else if (allowed.includes(to)) expect(decided.decides(eventOf(from, to)).status).toBe(to);
      else decided.refuses('illegal-transition', { from, to, allowed });
    });
  });

  it.each(PAIRS.filter(({ to }) => to === 'cancelled' || to === 'pending'))(
    'is followed by cancel and retry: a $type from $name to $to',
    ({ from, to, start, allowed }) => {
      const command = to === 'cancelled' ? 'CancelRequest' : 'RetryRequest';
      const decided = start.when({ command, reason: null });
      if (to === from) decided.decidesNothing();
      else if (allowed.includes(to)) expect(decided.decides(eventOf(from, to)).status).toBe(to);
      else decided.refuses('illegal-transition', { from, to, allowed });
    },
  );

  it.each(PAIRS.filter(({ from, to }) => from === to))(
    'records the fields sent with an unchanged status: a $type that is $name',
    ({ to, start }) => {
      const session: RequestEvent = { type: 'SessionAttached', data: { session_id: 's-9' } };
      const decided = start.when({ command: 'ChangeStatus', patch: { status: to, session_id: 's-9' } });
      expect(decided.decides(session)).toMatchObject({ status: to, session_id: 's-9' });
    },
  );

  it.each(PAIRS.filter(({ from, to, allowed }) => from !== to && !allowed.includes(to)))(
    'drops the fields sent with a refused status: a $type from $name to $to',
    ({ from, to, start, allowed }) => {
      start
        .when({ command: 'ReviseRequest', patch: { status: to, current_phase: 'x' } })
        .refuses('illegal-transition', { from, to, allowed });
    },
  );

  it('does not expose the table itself', () => {
    const { state } = given(...until('planning'));
    (allowedTransitions(state!) as Status[]).push('completed');
    expect(allowedTransitions(state!)).not.toContain('completed');
  });
});
