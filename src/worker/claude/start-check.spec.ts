import { describe, expect, it } from '@jest/globals';
import type { SessionProgress } from './stream-json.ts';
import { isSupported } from './cli-version.ts';
import { startViolation } from './start-check.ts';

const INIT = {
  version: '2.1.330',
  model: 'a-model',
  permissionMode: 'acceptEdits',
  commands: ['process-request', 'test', 'init'],
};
const GOOD: SessionProgress = { init: INIT, startHooks: [0], steps: 0 };

function check(change: Partial<SessionProgress>): string | null {
  return startViolation({ ...GOOD, ...change }, ['process-request', 'test']);
}

describe('a session', () => {
  it('is awaited until it reports its start, but not beyond its first step', () => {
    expect(check({ init: null, startHooks: [] })).toBeNull();
    expect(check({ init: null, steps: 1 })).toContain('did not report');
  });

  it('starts properly with a recent version, its commands and a guard that answered', () => {
    expect(check({})).toBeNull();
  });

  it.each<[string, Partial<SessionProgress>, string]>([
    ['an old version', { init: { ...INIT, version: '2.1.294' } }, '2.1.294'],
    ['no version', { init: { ...INIT, version: null } }, 'unknown version'],
    ['another permission mode', { init: { ...INIT, permissionMode: 'bypassPermissions' } }, 'bypassPermissions'],
    ['a command that is missing', { init: { ...INIT, commands: ['test'] } }, 'process-request'],
    ['a guard that was not asked', { startHooks: [] }, 'did not answer'],
    ['a guard that failed', { startHooks: [0, 2] }, 'failed'],
    ['a guard that was ended', { startHooks: [null] }, 'failed'],
  ])('is refused with %s', (_, change, words) => {
    expect(check(change)).toContain(words);
  });
});

describe('versions of Claude Code', () => {
  it.each(['2.1.295', '2.1.330', '2.2.0', '3.0.0'])('%s is accepted', (version) => {
    expect(isSupported(version)).toBe(true);
  });

  it.each(['2.1.294', '2.0.999', '1.9.400', '2.1', 'latest', ''])('%s is refused', (version) => {
    expect(isSupported(version)).toBe(false);
  });
});
