import { describe, expect, it } from '@jest/globals';
import { isKeyName, parseKeysFile } from './keys-file.ts';

const SHA = 'a'.repeat(64);
const file = (...keys: unknown[]) => JSON.stringify({ keys });

describe('a file of keys', () => {
  it('is read', () => {
    const text = file(
      { name: 'dev-1', role: 'worker', sha256: SHA },
      { name: 'dev-1', role: 'worker', sha256: 'b'.repeat(64), expires_at: '2030-01-31T09:30:00+01:00' },
    );
    expect(parseKeysFile(text)).toEqual([
      { name: 'dev-1', role: 'worker', sha256: SHA, expires_at: null },
      { name: 'dev-1', role: 'worker', sha256: 'b'.repeat(64), expires_at: '2030-01-31T08:30:00.000Z' },
    ]);
    expect(parseKeysFile('{"keys": []}')).toEqual([]);
  });

  it.each([
    ['not JSON', '{'],
    ['an array', '[]'],
    ['null', 'null'],
    ['no keys', '{}'],
    ['keys that are no list', '{"keys": {}}'],
    ['another field', '{"keys": [], "more": 1}'],
    ['a key that is no object', file('x')],
    ['no name', file({ role: 'worker', sha256: SHA })],
    ['a name with a colon', file({ name: 'oidc:x', role: 'worker', sha256: SHA })],
    ['a name that is taken', file({ name: 'anonymous', role: 'worker', sha256: SHA })],
    ['an unknown role', file({ name: 'x', role: 'root', sha256: SHA })],
    ['a role in capitals', file({ name: 'x', role: 'Admin', sha256: SHA })],
    ['a secret in the place of its hash', file({ name: 'x', role: 'worker', sha256: 'abk_secret' })],
    ['a hash in capitals', file({ name: 'x', role: 'worker', sha256: SHA.toUpperCase() })],
    ['a time that is none', file({ name: 'x', role: 'worker', sha256: SHA, expires_at: 'soon' })],
    ['a date alone', file({ name: 'x', role: 'worker', sha256: SHA, expires_at: '2030-01-31' })],
    ['an unknown field', file({ name: 'x', role: 'worker', sha256: SHA, key: 'abk_secret' })],
    ['a hash twice', file({ name: 'x', role: 'worker', sha256: SHA }, { name: 'y', role: 'worker', sha256: SHA })],
    [
      'two roles for one name',
      file({ name: 'x', role: 'worker', sha256: SHA }, { name: 'x', role: 'admin', sha256: 'b'.repeat(64) }),
    ],
    ['too many', file(...Array.from({ length: 1_001 }, () => ({})))],
    ['a file that is too large', ' '.repeat(1024 * 1024 + 1)],
  ])('is refused with %s, without quoting a value', (_, text) => {
    let message = '';
    try {
      parseKeysFile(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('abk_secret');
  });
});

describe('the name of a key', () => {
  it.each(['a', 'dev-1', 'Alice.B_c@example.com', 'x'.repeat(100)])('can be %s', (name) => {
    expect(isKeyName(name)).toBe(true);
  });
  it.each(['', '-a', 'a b', 'a:b', 'ä', 'system', 'anonymous', 'x'.repeat(101), 'a\n', null, 1])(
    'cannot be %j',
    (name) => {
      expect(isKeyName(name)).toBe(false);
    },
  );
});
