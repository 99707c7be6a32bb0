import { describe, expect, it } from '@jest/globals';
import type { Verdict } from './agent/verdict.ts';
import { Pauses } from './pauses.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const limit = (resumeAt: number | null): Verdict => ({
  report: { outcome: 'blocked', error_code: 'usage_limit' },
  pause: { cause: 'usage-limit', resumeAt },
});
const unusable: Verdict = {
  report: { outcome: 'released', error_code: 'agent-auth' },
  pause: { cause: 'agent-unusable', resumeAt: null },
};
const succeeded: Verdict = { report: { outcome: 'succeeded' }, pause: null };
const handedBack: Verdict = { report: { outcome: 'released' }, pause: null };

/** Minutes of each pause, one run after the other. */
function pausesAfter(...verdicts: readonly Verdict[]): (number | null)[] {
  const pauses = new Pauses();
  return verdicts.map((verdict) => {
    const { pauseMs } = pauses.after(verdict, NOW);
    return pauseMs === null ? null : pauseMs / 60_000;
  });
}

describe('the pause after a run', () => {
  it('is none when the agent worked', () => {
    expect(pausesAfter(succeeded, { report: { outcome: 'failed' }, pause: null })).toEqual([null, null]);
  });

  it('of a usage limit lasts until it ends, and leaves the report as it is', () => {
    const verdict = limit(NOW + 3_600_000);
    expect(new Pauses().after(verdict, NOW)).toEqual({ report: verdict.report, pauseMs: 3_600_000 });
  });

  it('of a limit that does not say when it ends doubles up to half an hour, and the request goes on after it', () => {
    const unknown = limit(null);
    expect(pausesAfter(...Array<Verdict>(7).fill(unknown))).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(new Pauses().after(unknown, NOW).report).toEqual({
      ...unknown.report,
      resume_at: '2026-01-01T12:01:00.000Z',
    });
  });

  it('of an agent that cannot work doubles up to an hour', () => {
    expect(pausesAfter(...Array<Verdict>(6).fill(unusable))).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('begins anew once the agent has worked, of which a run that was handed back is no sign', () => {
    expect(pausesAfter(limit(null), succeeded, limit(null))).toEqual([1, null, 1]);
    expect(pausesAfter(unusable, succeeded, unusable)).toEqual([5, null, 5]);
    expect(pausesAfter(limit(null), handedBack, limit(null))).toEqual([1, null, 2]);
    expect(pausesAfter(unusable, handedBack, unusable)).toEqual([5, null, 10]);
  });
});
