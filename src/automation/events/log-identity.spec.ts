import { describe, expect, it } from '@jest/globals';
import { readFixture } from '../../event-sourcing/testing/fixtures.ts';
import { verifyChain } from '../../event-sourcing/testing/verify-chain.ts';
import { logIdentified, logIdentityStreamOf } from './log-identity.ts';

const stored = readFixture('LogIdentified.v1.json');

describe('the event that names a log', () => {
  it('is written as it ever was, byte for byte', () => {
    const { id, type, data, metadata } = logIdentified(
      '0197e0cb-0000-4000-8000-000000000001',
      '2026-01-05T08:59:59.000Z',
    );
    expect(stored).toMatchObject([{ id, type, data, metadata, revision: 0 }]);
    expect(type).toBe('LogIdentified');
  });

  it('has the name as its id, and a hash that holds', () => {
    expect(stored).toMatchObject([{ id: '0197e0cb-0000-4000-8000-000000000001' }]);
    expect(verifyChain(stored)).toEqual({ verified: 1 });
    const [event] = stored;
    const changed = { ...event!, metadata: event!.metadata.replace('"system"', '"somebody"') };
    expect(verifyChain([changed])).toMatchObject({ brokenAt: { reason: 'hash' } });
  });

  it('lies in a stream that consumers of requests do not follow', () => {
    expect(stored).toMatchObject([{ stream: logIdentityStreamOf('automation_request') }]);
    expect(logIdentityStreamOf('automation_request').startsWith('automation_request-')).toBe(false);
  });
});
