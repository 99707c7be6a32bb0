import { describe, expect, it } from '@jest/globals';
import { readFixture } from '../../event-sourcing/testing/fixtures.ts';
import { verifyChain } from '../../event-sourcing/testing/verify-chain.ts';
import { logIdentified, logIdentityStreamOf } from './log-identity.ts';

const stored = readFixture('LogIdentified.v1.json');

describe('the event that names a log', () => {
  it('is written byte for byte as before', () => {
    const { id, type, data, metadata } = logIdentified(
      '0197e0cb-0000-4000-8000-000000000001',
      '2026-01-05T08:59:59.000Z',
    );
    expect(stored).toMatchObject([{ id, type, data, metadata, revision: 0 }]);
    expect(type).toBe('LogIdentified');
  });

  it('has the name as its id, and a valid hash', () => {
    expect(stored).toMatchObject([{ id: '0197e0cb-0000-4000-8000-000000000001' }]);
    expect(verifyChain(stored)).toEqual({ verified: 1 });
    const [event] = stored;
    const changed = { ...event!, metadata: event!.metadata.replace('"system"', '"somebody"') };
    expect(verifyChain([changed])).toMatchObject({ brokenAt: { reason: 'hash' } });
  });

  it('is in a stream that no consumer of requests follows', () => {
    expect(stored).toMatchObject([{ stream: logIdentityStreamOf('automation_request') }]);
    expect(logIdentityStreamOf('automation_request').startsWith('automation_request-')).toBe(false);
  });
});
