import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PROBLEM_GUIDE, problemPage } from './problem-page.ts';

describe('the guide to problems', () => {
  it.each(PROBLEM_GUIDE)('says what to do about $code', ({ remedy }) => {
    expect(remedy).not.toBe('');
  });

  it.each(PROBLEM_GUIDE)('has a heading for $code, to which its type leads', ({ code }) => {
    expect(problemPage()).toContain(`id="${code}"`);
  });

  it('is the same in docs/problems.md', () => {
    const written = readFileSync('docs/problems.md', 'utf8');
    const rows = [...written.matchAll(/^\| `([a-z-]+)`\s*\| (\d{3})\s*\| (.+?)\s*\| (.+?)\s*\|$/gm)];
    expect(rows.map(([, code, status, title, remedy]) => ({ code, status: Number(status), title, remedy }))).toEqual(
      PROBLEM_GUIDE,
    );
  });
});
