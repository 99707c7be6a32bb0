import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKeyName, parseKeysFile, readKeysText } from './keys-file.ts';

const SHA = 'a'.repeat(64);
const file = (...keys: unknown[]) => JSON.stringify({ keys });

describe('a keys file', () => {
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

  const key = { name: 'x', role: 'worker', sha256: SHA };
  const digest = (i: number) => i.toString(16).padStart(64, '0');

  it.each([
    ['not JSON', '{', 'is not JSON'],
    ['an array', '[]', 'must be {"keys": [...]}'],
    ['null', 'null', 'must be {"keys": [...]}'],
    ['text', '"x"', 'must be {"keys": [...]}'],
    ['no keys', '{}', 'must be {"keys": [...]}'],
    ['keys that are no list', '{"keys": {}}', 'must be {"keys": [...]}'],
    ['another field', '{"keys": [], "more": 1}', 'must have the field "keys" and no other'],
    ['a key that is text', file('x'), 'keys[0] must be an object'],
    ['a key that is null', file(key, null), 'keys[1] must be an object'],
    ['a key that is a list', file([]), 'keys[0] must be an object'],
    ['no name', file({ ...key, name: undefined }), 'keys[0].name'],
    ['a name with a colon', file({ ...key, name: 'oidc:x' }), 'keys[0].name'],
    ['a name that is taken', file({ ...key, name: 'anonymous' }), 'keys[0].name'],
    ['an unknown role', file({ ...key, role: 'root' }), 'keys[0].role must be one of submitter, operator'],
    ['a role in capitals', file({ ...key, role: 'Admin' }), 'keys[0].role'],
    ['a secret in the place of its hash', file({ ...key, sha256: 'abk_secret' }), 'keys[0].sha256 must be 64'],
    ['a hash in capitals', file({ ...key, sha256: SHA.toUpperCase() }), 'keys[0].sha256'],
    ['a hash that is too long', file({ ...key, sha256: `${SHA}a` }), 'keys[0].sha256'],
    ['a hash in a list', file({ ...key, sha256: [SHA] }), 'keys[0].sha256'],
    ['no hash', file({ ...key, sha256: undefined }), 'keys[0].sha256'],
    ['a time that is none', file({ ...key, expires_at: 'soon' }), 'keys[0].expires_at must be a time'],
    ['a month that is none', file({ ...key, expires_at: '2030-13-01T00:00:00Z' }), 'keys[0].expires_at must be a time'],
    ['a date alone', file({ ...key, expires_at: '2030-01-31' }), 'keys[0].expires_at must be a time'],
    ['a time in a list', file({ ...key, expires_at: ['2030-01-31T09:30:00Z'] }), 'keys[0].expires_at must be a time'],
    ['an unknown field', file({ ...key, key: 'abk_secret' }), 'no fields but name, role, sha256, expires_at'],
    ['a hash twice', file(key, { ...key, name: 'y' }), 'holds the same sha256 twice'],
    [
      'two roles for one name',
      file(key, { ...key, role: 'admin', sha256: 'b'.repeat(64) }),
      'has another role in keys[1] than before for the same name',
    ],
    [
      'too many',
      file(...Array.from({ length: 1_001 }, (_, i) => ({ ...key, sha256: digest(i) }))),
      'holds more than 1000 keys',
    ],
    ['a file that is too large', `{"keys": []}${' '.repeat(1024 * 1024 - 11)}`, 'is larger than 1048576 bytes'],
  ])('is refused with %s, without quoting a value', (_, text, said) => {
    expect(() => parseKeysFile(text)).toThrow(said);
    expect(() => parseKeysFile(text)).not.toThrow('abk_secret');
  });

  it('may be as large and hold as many keys as the limits say', () => {
    expect(
      parseKeysFile(file(...Array.from({ length: 1_000 }, (_, i) => ({ ...key, sha256: digest(i) })))),
    ).toHaveLength(1_000);
    expect(parseKeysFile(`{"keys": []}${' '.repeat(1024 * 1024 - 12)}`)).toEqual([]);
  });
});

describe('a keys file on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'automation-keys-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read, or the error says why it cannot be', () => {
    const path = join(folder, 'keys.json');
    expect(() => readKeysText(path)).toThrow('cannot be read (ENOENT)');
    expect(() => readKeysText(folder)).toThrow('is not a regular file');
    expect(() => readKeysText('/dev/zero')).toThrow('is not a regular file');
    writeFileSync(path, ' '.repeat(1024 * 1024 + 1));
    expect(() => readKeysText(path)).toThrow('is larger than 1048576 bytes');
    writeFileSync(path, '{"keys": []}');
    expect(readKeysText(path)).toBe('{"keys": []}');
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
