import { timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ApiKey, KeyRegistryState } from './key-events.ts';
import { digestOf, newKey } from './key-format.ts';
import { KeyRing } from './key-ring.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

function key(secret: string, more: Partial<ApiKey> = {}): ApiKey {
  return {
    id: secret.slice(0, 10),
    name: 'dev-1',
    role: 'worker',
    digest: digestOf(secret),
    hint: secret.slice(0, 8),
    created_at: at(-100),
    created_by: 'me',
    expires_at: null,
    rotated_at: null,
    previous: null,
    revoked_at: null,
    revoked_by: null,
    last_used_at: null,
    ...more,
  };
}

function ring(...keys: ApiKey[]): KeyRing {
  const made = new KeyRing();
  const state: KeyRegistryState = {
    keys: new Map(keys.map((it) => [it.id, it])),
    remembered: new Map(),
  };
  made.setRegistry(state);
  return made;
}

describe('a key ring', () => {
  it('knows the owner and role of a key', () => {
    const secret = newKey();
    const { holder, fault } = ring(key(secret)).check(secret, NOW);
    expect(fault).toBeNull();
    expect(holder).toMatchObject({ name: 'dev-1', keyId: secret.slice(0, 10) });
    expect([...(holder?.scopes ?? [])].sort()).toEqual(['attempts:work', 'requests:read']);
  });

  it('refuses unknown keys, with and without keys of its own', () => {
    expect(ring(key(newKey())).check(newKey(), NOW)).toMatchObject({ holder: null, fault: 'unknown-key', name: null });
    expect(ring().check(newKey(), NOW)).toMatchObject({ holder: null, fault: 'unknown-key' });
  });

  it('does not accept a key whose hash only shares a prefix with a known one', () => {
    const secret = newKey();
    const digest = digestOf(secret).slice(0, 32) + '0'.repeat(32);
    expect(ring(key(newKey(), { digest })).check(secret, NOW)).toMatchObject({ fault: 'unknown-key' });
  });

  it('takes the same steps for known and unknown keys', () => {
    const [known, expired] = [newKey(), newKey()];
    const compared: [number, number][] = [];
    const keys = new KeyRing((one, other) => {
      compared.push([one.length, other.length]);
      return timingSafeEqual(one, other);
    });
    const entries = [key(known), key(expired, { expires_at: at(-1) })];
    keys.setRegistry({ keys: new Map(entries.map((it) => [it.id, it])), remembered: new Map() });
    for (const token of [known, expired, newKey()]) keys.check(token, NOW);
    expect(compared).toEqual([
      [32, 32],
      [32, 32],
      [32, 32],
    ]);
  });

  it('refuses a key from the moment it expires', () => {
    const secret = newKey();
    const keys = ring(key(secret, { expires_at: at(1) }));
    expect(keys.check(secret, NOW + 999).fault).toBeNull();
    expect(keys.check(secret, NOW + 1_000)).toMatchObject({ holder: null, fault: 'expired-key', name: 'dev-1' });
  });

  it('accepts the old secret until the overlap ends, and the new one throughout', () => {
    const [old, secret] = [newKey(), newKey()];
    const keys = ring(key(secret, { previous: { digest: digestOf(old), valid_until: at(60) } }));
    expect(keys.check(secret, NOW).fault).toBeNull();
    expect(keys.check(old, NOW + 59_999).fault).toBeNull();
    expect(keys.check(old, NOW + 60_000)).toMatchObject({ fault: 'rotated-key' });
  });

  it('refuses both secrets of a revoked key', () => {
    const [old, secret] = [newKey(), newKey()];
    const previous = { digest: digestOf(old), valid_until: at(60) };
    const keys = ring(key(secret, { previous, revoked_at: at(0) }));
    expect(keys.check(secret, NOW)).toMatchObject({ fault: 'revoked-key', name: 'dev-1' });
    expect(keys.check(old, NOW)).toMatchObject({ fault: 'revoked-key' });
  });

  it('refuses malformed keys before looking them up', () => {
    const secret = newKey();
    const keys = ring(key(secret));
    for (const wrong of [secret.slice(0, -1), `${secret}x`, secret.toLowerCase(), 'abk_', '']) {
      expect(keys.check(wrong, NOW)).toMatchObject({ fault: 'malformed-key' });
    }
  });

  it('holds the keys of file and registry, and drops those removed from the file', () => {
    const [registered, filed, replaced] = [newKey(), newKey(), newKey()];
    const keys = ring(key(registered));
    const entry = (secret: string) => ({
      ...{ name: 'olga', role: 'operator' as const, sha256: digestOf(secret) },
      expires_at: at(60),
    });
    keys.setFileKeys([entry(filed)]);
    const { holder } = keys.check(filed, NOW);
    expect(holder).toMatchObject({ name: 'olga', keyId: null });
    expect([...(holder?.scopes ?? [])].sort()).toEqual(['requests:manage', 'requests:read', 'requests:submit']);
    expect(keys.check(filed, NOW + 60_000)).toMatchObject({ fault: 'expired-key' });
    keys.setFileKeys([entry(replaced)]);
    expect(keys.check(filed, NOW)).toMatchObject({ fault: 'unknown-key' });
    expect(keys.check(replaced, NOW).fault).toBeNull();
    expect(keys.check(registered, NOW).fault).toBeNull();
  });

  it('holds the keys of the file before the registry has been read', () => {
    const filed = newKey();
    const keys = new KeyRing();
    keys.setFileKeys([{ name: 'olga', role: 'operator', sha256: digestOf(filed), expires_at: null }]);
    expect([...(keys.check(filed, NOW).holder?.scopes ?? [])]).toContain('requests:manage');
  });
});
