/** What an earlier life of a worker wrote down is read strictly: a file that was tampered with harms nothing but itself. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Undertaking } from '../../../src/worker/journal.ts';
import { Journal } from '../../../src/worker/journal.ts';

let state: string;
let journal: Journal;
const errors: unknown[] = [];
const log = { error: (...line: unknown[]) => void errors.push(line) };

beforeEach(async () => {
  errors.length = 0;
  state = mkdtempSync(join(tmpdir(), 'automation-journal-'));
  journal = await Journal.open(state);
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

function undertaking(change: object = {}): Undertaking {
  return {
    runId: randomUUID(),
    requestId: randomUUID(),
    correlationId: null,
    since: new Date().toISOString(),
    claim: { attempt: 1, attemptToken: 'atw_x.y' },
    report: { outcome: 'succeeded' },
    ...change,
  };
}

describe('a journal', () => {
  it.each([
    ['as claimed', {}],
    ['with nothing known yet', { claim: null, report: null, correlationId: 'c' }],
    ['with a report whose claim was lost', { claim: { attempt: 3, attemptToken: '' } }],
  ])('returns what was written: %s', async (_, change) => {
    const one = undertaking(change);
    await journal.write(one);
    expect(await journal.readAll(log)).toEqual([one]);
    expect(errors).toEqual([]);
  });

  it.each([
    ['a run that is a path', { runId: '../../victim' }],
    ['a run of another name than its file', { runId: randomUUID() }],
    ['a request that is a path', { requestId: '../x' }],
    ['no time', { since: undefined }],
    ['a time that is none', { since: 'yesterday' }],
    ['a number for a time', { since: 7 }],
    ['a correlation id that is none', { correlationId: {} }],
    ['an attempt that is no number', { claim: { attempt: '1', attemptToken: 'x' } }],
    ['a token that breaks a header', { claim: { attempt: 1, attemptToken: 'x\r\ny' } }],
    ['a claim without a token', { claim: { attempt: 1 } }],
    ['an outcome that is none', { report: { outcome: 'lost' } }],
    ['a report without a claim', { claim: null }],
  ])('sets a file aside that has %s, and reads the others', async (_, change) => {
    const good = undertaking();
    await journal.write(good);
    const name = `${randomUUID()}.json`;
    writeFileSync(
      join(state, 'attempts', name),
      JSON.stringify({ ...undertaking({ runId: name.slice(0, -5) }), ...change }),
    );
    expect(await journal.readAll(log)).toEqual([good]);
    expect(errors).toHaveLength(1);
    expect(existsSync(join(state, 'attempts', `${name}.refused`))).toBe(true);
    expect(await journal.readAll(log)).toEqual([good]);
    expect(errors).toHaveLength(1);
  });

  it.each(['', 'nonsense', 'null', '[]'])('sets a file aside that contains %j', async (text) => {
    writeFileSync(join(state, 'attempts/x.json'), text);
    expect(await journal.readAll(log)).toEqual([]);
    expect(readdirSync(join(state, 'attempts'))).toEqual(['x.json.refused']);
  });
});
