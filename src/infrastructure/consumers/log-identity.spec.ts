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
    ['is the first that the database sees', NEW, EMPTY],
    ['is the first, and older than the database', NEW, { ...LONG, logId: 'a' }],
    ['has the name that is known', FILLED, { ...LONG, logId: 'a' }],
    ['has the name, and no witness is there any more', FILLED, { ...LONG, logId: 'a', testimony: 'none' }],
    ['lost its name, and a witness speaks for it', FILLED, { ...LONG, testimony: 'ours' }],
    ['lost its name before anything was handled', NAMED, LONG],
    ['was named by another instance just now', UNNAMED, { ...LONG, logId: 'b', testimony: 'ours' }],
    ['has no name yet, nor witnesses', UNNAMED, LONG],
  ])('is ours when it %s', (_, known, found) => {
    expect(isAnotherLog(known, found)).toBe(false);
  });

  it.each<[string, Known, Found]>([
    ['has another name', FILLED, { ...LONG, logId: 'b' }],
    ['has another name, whatever witnesses say', FILLED, { ...LONG, logId: 'b', testimony: 'ours' }],
    [
      'has the name, and another event stands in place of a witness',
      FILLED,
      { ...LONG, logId: 'a', testimony: 'other' },
    ],
    ['has no name, and nothing speaks for it', FILLED, LONG],
    ['ends before what was handled', FILLED, { logId: 'a', tail: 99n, testimony: 'ours' }],
    ['is empty', UNNAMED, EMPTY],
    ['is without a name, and contradicted', UNNAMED, { ...LONG, testimony: 'other' }],
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
  ] as const)('that answer %j say %s', (answers, testimony) => {
    expect(testimonyOf(answers)).toBe(testimony);
  });
});
