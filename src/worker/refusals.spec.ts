import { describe, expect, it } from '@jest/globals';
import type { Verdict } from './agent/verdict.ts';
import { Refusals } from './refusals.ts';

/** @param output_tokens number of tokens before the refusal */
const refused = (output_tokens = 0): Verdict => ({
  report: {
    outcome: 'released',
    error_code: 'provider',
    error_message: 'API Error: 400 odd',
    usage: { output_tokens },
  },
  pause: { cause: 'refusal' },
});
const answered: Verdict = { report: { outcome: 'succeeded', usage: { output_tokens: 20 } }, pause: null };
const unanswered: Verdict = {
  report: { outcome: 'released', usage: { output_tokens: 0 } },
  pause: { cause: 'provider' },
};

/** The outcomes of the runs, in order. */
function outcomesOf(runs: readonly (readonly [string, Verdict])[]): string[] {
  const refusals = new Refusals();
  return runs.map(([id, verdict]) => refusals.judge(id, verdict).report.outcome);
}

describe('a request that the API refuses', () => {
  it('has failed the third time, if the API answered others in between', () => {
    const other = ['b', answered] as const;
    const runs = [['a', refused()], other, ['a', refused()], other, ['a', refused()]] as const;
    expect(outcomesOf(runs)).toEqual(['released', 'succeeded', 'released', 'succeeded', 'failed']);
  });

  it("fails with the provider's message and its figures, without a pause", () => {
    const refusals = new Refusals();
    for (let n = 0; n < 2; n += 1) {
      refusals.judge('a', refused());
      refusals.judge('b', answered);
    }
    const { report, pause } = refusals.judge('a', refused(7));
    expect(report).toMatchObject({ error_code: 'agent-error', usage: { output_tokens: 7 } });
    expect(report.error_message).toContain('API Error: 400 odd\nIt did so 3 times');
    expect(pause).toBeNull();
  });

  it('has failed the third time too, if the API answered it before refusing', () => {
    expect(outcomesOf(Array(3).fill(['a', refused(5)]))).toEqual(['released', 'released', 'failed']);
  });

  it('is never to blame while the API answers no one', () => {
    const ids = ['a', 'b', 'c'];
    const runs = Array.from(
      { length: 60 },
      (_, n) => [ids[n % 3] ?? '', n % 7 === 0 ? unanswered : refused()] as const,
    );
    expect(new Set(outcomesOf(runs))).toEqual(new Set(['released']));
  });

  it('starts over once it was not refused', () => {
    const runs = [
      ['a', refused(1)],
      ['a', refused(1)],
      ['a', answered],
      ['a', refused(1)],
      ['a', refused(1)],
    ] as const;
    expect(outcomesOf(runs)).not.toContain('failed');
  });

  it('is not to blame if its work was delivered all the same', () => {
    const delivered: Verdict = { report: { ...refused(1).report, outcome: 'succeeded' }, pause: { cause: 'refusal' } };
    const runs = [
      ['a', refused(1)],
      ['a', refused(1)],
      ['a', delivered],
    ] as const;
    expect(outcomesOf(runs)).toEqual(['released', 'released', 'succeeded']);
  });

  it('is remembered among at most a thousand', () => {
    const refusals = new Refusals();
    for (const id of ['a', 'z']) for (let n = 0; n < 2; n += 1) refusals.judge(id, refused(1));
    for (let n = 0; n < 999; n += 1) refusals.judge(`other-${n}`, refused());
    expect(refusals.judge('z', refused(1)).report.outcome).toBe('failed');
    expect(refusals.judge('a', refused(1)).report.outcome).toBe('released');
  });
});
