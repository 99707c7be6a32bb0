import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecrets, Signer } from './signing.ts';

const SECRET = 'a secret of some length';
const OTHER = 'another secret, as long';

describe('Signer', () => {
  const signer = new Signer([SECRET]);

  it('verifies what it signed, for the same purpose only', () => {
    const signed = signer.sign('cursor', 'text with ünïcode');
    expect(signer.verify('cursor', signed)).toBe('text with ünïcode');
    expect(signer.verify('token', signed)).toBeNull();
    expect(signer.sign('cursor', 'text with ünïcode')).toBe(signed);
  });

  it('signs the empty text too', () => {
    expect(signer.verify('cursor', signer.sign('cursor', ''))).toBe('');
  });

  it('verifies what an older secret signed, and signs with the first', () => {
    const old = new Signer([OTHER]).sign('cursor', 'text');
    const both = new Signer([SECRET, OTHER]);
    expect(both.verify('cursor', old)).toBe('text');
    expect(both.sign('cursor', 'text')).toBe(signer.sign('cursor', 'text'));
    expect(signer.verify('cursor', old)).toBeNull();
  });

  it('refuses every change of a single character', () => {
    const signed = signer.sign('cursor', '{"a":1}');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
    const altered = [...signed].flatMap((sign, at) =>
      [...alphabet].filter((it) => it !== sign).map((it) => signed.slice(0, at) + it + signed.slice(at + 1)),
    );
    expect(altered.length).toBeGreaterThan(signed.length * 60);
    expect(altered.filter((it) => signer.verify('cursor', it) !== null)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['no signature', 'dGV4dA'],
    ['an empty signature', 'dGV4dA.'],
    ['a short signature', 'dGV4dA.AAAA'],
    ['a second part', `${signer.sign('cursor', 'text')}.AAAA`],
    ['padding', `${signer.sign('cursor', 'text')}=`],
    ['a space before it', ` ${signer.sign('cursor', 'text')}`],
  ])('refuses %s', (_, signed) => {
    expect(signer.verify('cursor', signed)).toBeNull();
  });

  it('reads no more than 4,096 characters', () => {
    // The signature takes 43 characters, the dot one, and three bytes of text take four.
    const most = signer.sign('cursor', 'x'.repeat(3_039));
    expect(most).toHaveLength(4_096);
    expect(signer.verify('cursor', most)).toHaveLength(3_039);
    expect(signer.verify('cursor', signer.sign('cursor', 'x'.repeat(3_040)))).toBeNull();
  });

  it('needs at least one secret', () => {
    expect(() => new Signer([])).toThrow('Signing needs at least one secret');
  });
});

describe('readSecrets', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'automation-secrets-'));
    file = join(folder, 'secrets');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('creates a file with one long secret that only its owner can read, and leaves no draft', async () => {
    const secrets = await readSecrets(file, { create: true });
    expect(secrets).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(readFileSync(file, 'utf8')).toBe(`${secrets[0]}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secrets']);
  });

  it('does not change an existing file', async () => {
    writeFileSync(file, `${SECRET}\n`);
    expect(await readSecrets(file, { create: true })).toEqual([SECRET]);
    expect(readFileSync(file, 'utf8')).toBe(`${SECRET}\n`);
    expect(readdirSync(folder)).toEqual(['secrets']);
  });

  it('returns the same secret to all processes that start at once', async () => {
    const read = await Promise.all(
      Array.from({ length: 5 }, () => readSecrets(file, { create: true }).catch(() => null)),
    );
    const found = new Set(read.filter((it) => it !== null).map(([secret]) => secret));
    expect(found).toEqual(new Set([readFileSync(file, 'utf8').trim()]));
  });

  it('reads one secret per line, ignoring blank lines and surrounding space', async () => {
    writeFileSync(file, `\n  ${SECRET}  \r\n\n${OTHER}`);
    expect(await readSecrets(file, { create: false })).toEqual([SECRET, OTHER]);
  });

  it('creates no file unless asked to', async () => {
    await expect(readSecrets(file, { create: false })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('fails if the file cannot be created', async () => {
    await expect(readSecrets(join(folder, 'no', 'such'), { create: true })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['empty', '', 'contains no secret'],
    ['of blank lines', ' \n\t\n', 'contains no secret'],
    ['with a short secret', `${SECRET}\nfifteen letters`, 'contains a secret shorter than 16 characters'],
  ])('refuses a file that is %s, without quoting it', async (_, content, said) => {
    writeFileSync(file, content);
    const error: unknown = await readSecrets(file, { create: true }).catch((it: unknown) => it);
    expect(String(error)).toContain(`${file} ${said}`);
    expect(String(error)).not.toContain('fifteen');
  });

  it('accepts a secret of 16 characters', async () => {
    writeFileSync(file, 'sixteen letters!');
    expect(await readSecrets(file, { create: false })).toEqual(['sixteen letters!']);
  });
});
