import { describe, expect, it } from '@jest/globals';
import type { Found, Known } from './log-identity.ts';
import { isAnotherLog, testimonyOf } from './log-identity.ts';

const NEW: Known = { logId: null, witnesses: [], furthest: null };
/** A database that was filled before logs had names. */
const UNNAMED: Known = { ...NEW, furthest: 100n };
const FILLED: Known = { ...UNNAMED, logId: 'a' };
/** The log has a name, but no event has been handled yet. */
const NAMED: Known = { ...NEW, logId: 'a' };

const EMPTY: Found = { logId: null, tail: null, testimony: 'none' };
const LONG: Found = { ...EMPTY, tail: 100n };

describe('the connected log', () => {
  it.each<[string, Known, Found]>([
    ['is the first one the database has seen', NEW, EMPTY],
    ['is the first one, and older than the database', NEW, { ...LONG, logId: 'a' }],
    ['has the known name', FILLED, { ...LONG, logId: 'a' }],
    ['has the known name, and all witnesses are gone', FILLED, { ...LONG, logId: 'a', testimony: 'none' }],
    ['has lost its name, but a witness is found', FILLED, { ...LONG, testimony: 'ours' }],
    ['has lost its name before anything was handled', NAMED, LONG],
    ['was just named by another instance', UNNAMED, { ...LONG, logId: 'b', testimony: 'ours' }],
    ['has neither a name nor witnesses yet', UNNAMED, LONG],
  ])('is ours when it %s', (_, known, found) => {
    expect(isAnotherLog(known, found)).toBe(false);
  });

  it.each<[string, Known, Found]>([
    ['has another name', FILLED, { ...LONG, logId: 'b' }],
    ['has another name, even if witnesses are found', FILLED, { ...LONG, logId: 'b', testimony: 'ours' }],
    [
      'has the known name, but another event in place of a witness',
      FILLED,
      { ...LONG, logId: 'a', testimony: 'other' },
    ],
    ['has no name, and no witness is found', FILLED, LONG],
    ['ends before the last handled event', FILLED, { logId: 'a', tail: 99n, testimony: 'ours' }],
    ['is empty', UNNAMED, EMPTY],
    ['has no name, and another event in place of a witness', UNNAMED, { ...LONG, testimony: 'other' }],
  ])('is another when it %s', (_, known, found) => {
    expect(isAnotherLog(known, found)).toBe(true);
  });
});

describe('witnesses', () => {
  it.each([
    [[], 'none'],
    [[null, null], 'none'],
    [[null, true, null], 'ours'],
    [[true, false, true], 'other'],
    [[null, false], 'other'],
  ] as const)('found as %j mean %s', (answers, testimony) => {
    expect(testimonyOf(answers)).toBe(testimony);
  });
});
