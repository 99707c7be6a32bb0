import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { evolve, withFigures } from './evolve.ts';
import { foldAll, givenState, recorded } from './testing/given.ts';
import { blocked, claimed, claimedUntil, IMPLEMENTING, lost, submitted } from './testing/histories.ts';

describe('the fold', () => {
  it('refuses a second submission', () => {
    expect(() => foldAll([submitted(), submitted()])).toThrow('RequestSubmitted at revision 1');
  });

  it('refuses a stream that starts with another event', () => {
    expect(() => evolve(null, recorded(IMPLEMENTING, { revision: 4 }))).toThrow('ImplementationStarted at revision 4');
  });

  it('does not modify the given state', () => {
    const before = foldAll(claimedUntil('testing'));
    const copy = structuredClone(before);
    givenState(before)
      .when({ command: 'ReviseRequest', patch: { title: 'Other', status: 'blocked' } })
      .request();
    expect(before).toEqual(copy);
  });

  describe('ignores unknown members of events from a newer version', () => {
    const start = [...claimedUntil('testing'), blocked('testing', { message: 'Stuck' })];
    const events: RequestEvent[] = [
      { type: 'RequestDetailsRevised', data: { title: 'Other' } },
      { type: 'BlockRevised', data: { reason: 'budget' } },
      { type: 'RequestUnblocked', data: { to: 'testing' } },
      { type: 'RequestFailed', data: { error_message: 'x', error_code: null } },
      { type: 'RequestCancelled', data: { reason: null } },
      { type: 'PhaseNoted', data: { current_phase: 'x' } },
      { type: 'SessionAttached', data: { session_id: 'x' } },
      { type: 'PlanAttached', data: { plan_document: 'x' } },
      { type: 'MilestonesPlanned', data: { milestones: [{ id: 'm', title: 'x', status: 'pending' }] } },
      { type: 'MilestoneStatusChanged', data: { id: 'm', status: 'completed' } },
      { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/1' } },
      { type: 'TestResultsRecorded', data: { test_results: { passed: 1, failed: 0, skipped: 0 } } },
      { type: 'ErrorNoted', data: { error_message: 'x' } },
      { type: 'FieldsCleared', data: { fields: ['current_phase'] } },
      { type: 'AttemptProgressed', data: { attempt: 1, num_turns: 2 } },
      lost(1),
      IMPLEMENTING,
    ];
    const foreign = { description: 'Not yours', status: 'completed', version: 99, retry_count: 7, attempts: [], x: 1 };

    it.each(events.map((event) => [event.type, event] as const))('%s', (_, event) => {
      // RequestDetailsRevised does define a description, so it gets another foreign member.
      const data = { ...(event.type === 'RequestDetailsRevised' ? { status: 'failed' } : foreign), ...event.data };
      const known = foldAll([...start, event]);
      expect(foldAll([...start, { ...event, data } as RequestEvent])).toEqual(known);
    });

    it('RequestClaimed and RequestSubmitted', () => {
      const of = (event: RequestEvent) => ({ ...event, data: { ...foreign, ...event.data } }) as RequestEvent;
      const known = foldAll([submitted(), claimed()]);
      expect(foldAll([submitted(), of(claimed())])).toEqual(known);
      expect(foldAll([of(submitted()), claimed()])).toEqual(known);
    });
  });

  it('of an unknown attempt or milestone changes only the version', () => {
    const start = foldAll([submitted(), claimed()]);
    const events: RequestEvent[] = [
      { type: 'AttemptProgressed', data: { attempt: 9, num_turns: 2 } },
      { type: 'AttemptReportedLate', data: { attempt: 9, outcome: 'failed' } },
      { type: 'MilestoneStatusChanged', data: { id: 'm9', status: 'failed' } },
      { type: 'BlockRevised', data: { reason: 'budget' } },
    ];
    for (const event of events) {
      expect(foldAll([event], start)).toEqual({ ...start, version: 2, last_update: expect.any(String) });
    }
  });
});

describe('figures', () => {
  it('stay when others are sent', () => {
    const known = { num_turns: 1, cost_usd: 0.5, usage: { a: 1 } };
    expect(withFigures(known, { num_turns: 2 })).toStrictEqual({ ...known, num_turns: 2 });
    expect(withFigures(known, { usage: { b: 2 } })).toStrictEqual({ ...known, usage: { b: 2 } });
    expect(withFigures({}, { cost_usd: 0 })).toStrictEqual({ cost_usd: 0 });
    const undefinedToo = { num_turns: undefined, cost_usd: undefined, usage: undefined } as never;
    expect(withFigures(known, undefinedToo)).toStrictEqual(known);
  });
});
