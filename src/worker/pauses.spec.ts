import { describe, expect, it } from '@jest/globals';
import type { Verdict } from './agent/verdict.ts';
import { Pauses } from './pauses.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const because = (cause: 'provider' | 'refusal' | 'rate-limit' | 'agent-unusable' | 'configuration'): Verdict => ({
  report: { outcome: 'released' },
  pause: { cause },
});
const limited: Verdict = {
  report: { outcome: 'blocked', error_code: 'usage_limit' },
  pause: { cause: 'usage-limit', resumeAt: NOW + 3_600_000 },
};
const succeeded: Verdict = { report: { outcome: 'succeeded' }, pause: null };
const handedBack: Verdict = { report: { outcome: 'released' }, pause: null };

/** Length of each pause in minutes. Each run starts when the previous pause is over. */
function pausesAfter(verdicts: readonly Verdict[], { scale = 1, random = 1 } = {}): (number | null)[] {
  const pauses = new Pauses({ scale, random: () => random });
  let now = NOW;
  return verdicts.map((verdict) => {
    const pauseMs = pauses.after(verdict, now);
    now += pauseMs ?? 0;
    return pauseMs === null ? null : pauseMs / 60_000;
  });
}

describe('the pause after a run', () => {
  it('is none if the agent worked', () => {
    expect(pausesAfter([succeeded, { report: { outcome: 'failed' }, pause: null }])).toEqual([null, null]);
  });

  it('for a usage limit lasts until the limit ends, whatever the scale', () => {
    expect(pausesAfter([limited], { scale: 0.01, random: 0 })).toEqual([60]);
  });

  it.each([
    ['provider', [0.25, 0.5, 1, 2, 4, 8, 10, 10]],
    ['refusal', [0.25, 0.5, 1, 2, 4, 8, 10, 10]],
    ['rate-limit', [1, 2, 4, 8, 16, 30, 30, 30]],
    ['agent-unusable', [5, 10, 20, 40, 60, 60, 60, 60]],
  ] as const)('for %s doubles up to a limit', (cause, minutes) => {
    expect(pausesAfter(Array<Verdict>(8).fill(because(cause)))).toEqual(minutes);
  });

  it.each([
    ['provider', 17],
    ['refusal', 17],
    ['rate-limit', 8],
    ['agent-unusable', 5],
  ] as const)('for %s allows few runs in an hour: %i', (cause, runs) => {
    const ends = pausesAfter(Array<Verdict>(20).fill(because(cause)), { random: 0 }).map((_, n, pauses) =>
      pauses.slice(0, n + 1).reduce<number>((sum, minutes) => sum + (minutes ?? 0), 0),
    );
    expect(1 + ends.filter((minutes) => minutes < 60).length).toBe(runs);
  });

  it('is endless if the configuration is wrong', () => {
    expect(pausesAfter([because('configuration')], { scale: 0.01 })).toEqual([Infinity]);
  });

  it('is up to half shorter at random', () => {
    expect(pausesAfter([because('rate-limit')], { random: 0 })).toEqual([0.5]);
    expect(pausesAfter([because('rate-limit')], { random: 0.5 })).toEqual([0.75]);
  });

  it('is scaled as a whole', () => {
    expect(pausesAfter(Array<Verdict>(8).fill(because('agent-unusable')), { scale: 0.1 }).at(-1)).toBe(6);
  });

  it('grows once for runs in progress together', () => {
    const pauses = new Pauses({ scale: 1, random: () => 1 });
    expect(pauses.after(because('rate-limit'), NOW)).toBe(60_000);
    expect(pauses.after(because('rate-limit'), NOW + 1_000)).toBe(59_000);
    expect(pauses.after(because('rate-limit'), NOW + 60_000)).toBe(120_000);
  });

  it('starts over once the agent has worked, which a run handed back does not show', () => {
    const limit = because('rate-limit');
    expect(pausesAfter([limit, succeeded, limit])).toEqual([1, null, 1]);
    expect(pausesAfter([limit, handedBack, limit])).toEqual([1, null, 2]);
  });
});
