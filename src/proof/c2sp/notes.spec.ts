import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, leafHash } from './merkle.ts';
import { formatVerifierKey, isKeyName, openNote, parseVerifierKey, signNote, verifierKey } from './signed-note.ts';
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts';

/** The example of Go's golang.org/x/mod/sumdb/note. */
const NEUMANN = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SAYING =
  'If you think cryptography is the answer to your problem,\n' + "then you don't know what your problem is.\n";
const NOTE = `${SAYING}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

const { privateKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519').privateKey;
const key = verifierKey('log.example/1', privateKey);

describe('a signed note', () => {
  it('of Go verifies with its key', () => {
    const known = parseVerifierKey(NEUMANN);
    expect(known && formatVerifierKey(known)).toBe(NEUMANN);
    expect(openNote(NOTE, [known!])).toBe(SAYING);
  });

  it('is opened with the public key of its signature, and with no other', () => {
    const note = signNote('one\n\ntwo\n', 'log.example/1', privateKey);
    expect(openNote(note, [key])).toBe('one\n\ntwo\n');
    expect(openNote(note, [verifierKey('log.example/1', other)])).toBeNull();
    expect(openNote(note, [verifierKey('log.example/2', privateKey)])).toBeNull();
    expect(openNote(note, [])).toBeNull();
  });

  it('is refused with any byte changed', () => {
    const note = Buffer.from(signNote('origin\n5\n', 'log.example/1', privateKey));
    for (let at = 0; at < note.length; at += 1) {
      for (const bit of [0x01, 0x20]) {
        const changed = Buffer.from(note);
        changed[at]! ^= bit;
        expect(openNote(changed.toString(), [key])).toBeNull();
      }
    }
  });

  it('may bear signatures of unknown keys, and none of a known key that is wrong', () => {
    const note = signNote('text\n', 'log.example/1', privateKey);
    const [, unknown] = signNote('text\n', 'witness.example', other).split('\n\n');
    expect(openNote(note + unknown, [key])).toBe('text\n');
    const [, wrong] = signNote('other text\n', 'witness.example', other).split('\n\n');
    expect(openNote(note + wrong, [key, verifierKey('witness.example', other)])).toBeNull();
  });

  it.each([
    '',
    'text',
    'text\n',
    'text\n\n',
    '\n\n',
    'text\n\n— name\n',
    'text\n\n- log.example/1 AAAA\n',
    `${NOTE}\n`,
  ])('is not %j', (text) => {
    expect(openNote(text, [key, parseVerifierKey(NEUMANN)!])).toBeNull();
  });

  it('is not made of a text without a last newline, or with control characters', () => {
    for (const text of ['text', 'a\tb\n', 'a\u0000\n', '\ud800\n'])
      expect(() => signNote(text, 'log.example/1', privateKey)).toThrow(TypeError);
  });
});

describe('a verifier key', () => {
  it('is refused with any character changed', () => {
    const text = formatVerifierKey(key);
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      expect(parseVerifierKey(changed)).toBeNull();
    }
  });

  it('is Ed25519', () => {
    const { privateKey: rsa } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => verifierKey('name', rsa)).toThrow(TypeError);
  });

  it('has a name without spaces, plus and control characters', () => {
    expect(['log.example/1', 'a', 'ä'].filter(isKeyName)).toHaveLength(3);
    expect(['', 'a b', 'a+b', 'a\u00a0b', 'a\nb', '\ud800'].filter(isKeyName)).toEqual([]);
    expect(() => verifierKey('a b', privateKey)).toThrow(TypeError);
  });

  it('is made of an OpenSSL key file', () => {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(formatVerifierKey(verifierKey('log.example/1', createPrivateKey(pem)))).toBe(formatVerifierKey(key));
  });
});

describe('a checkpoint', () => {
  const checkpoint = { origin: 'log.example/1', size: 20_852_163, root: leafHash(Buffer.from('x')) };

  it('is written and read', () => {
    const text = formatCheckpoint(checkpoint);
    expect(text).toBe(`log.example/1\n20852163\n${checkpoint.root.toString('base64')}\n`);
    expect(parseCheckpoint(text)).toEqual(checkpoint);
    expect(parseCheckpoint(`${text}an extension\n`)).toEqual(checkpoint);
    expect(parseCheckpoint(formatCheckpoint({ origin: 'o', size: 0, root: EMPTY_ROOT }))?.size).toBe(0);
  });

  const root = EMPTY_ROOT.toString('base64');
  it.each([
    ...['', 'o\n1\n', `o\n1\n${root}`, `\n1\n${root}\n`, `o\n01\n${root}\n`, `o\n-1\n${root}\n`, `o\n1e3\n${root}\n`],
    ...[`o\n1\n${root.slice(4)}\n`, `o\n1\n${root}\n\nx\n`, `o\n9007199254740993\n${root}\n`, `o\n1\n${root}=\n`],
  ])('is not %j', (text) => {
    expect(parseCheckpoint(text)).toBeNull();
  });

  it('has no origin that cannot name a key', () => {
    expect(() => formatCheckpoint({ ...checkpoint, origin: 'a b' })).toThrow(TypeError);
  });
});

describe('a proof in a file', () => {
  const proof = { index: 73_894, hashes: [EMPTY_ROOT, leafHash(Buffer.from('x'))], checkpoint: NOTE };

  it('is written and read', () => {
    const text = formatTlogProof(proof);
    expect(text).toBe(
      `c2sp.org/tlog-proof@v1\nindex 73894\n${proof.hashes.map((hash) => hash.toString('base64')).join('\n')}\n\n${NOTE}`,
    );
    expect(parseTlogProof(text)).toEqual(proof);
    expect(parseTlogProof(formatTlogProof({ ...proof, index: 0, hashes: [] }))).toEqual({
      ...proof,
      index: 0,
      hashes: [],
    });
  });

  it.each([
    ...[
      '',
      'c2sp.org/tlog-proof@v1\nindex 1',
      'c2sp.org/tlog-proof@v2\nindex 1\n\nx',
      'c2sp.org/tlog-proof@v1\nindex 01\n\nx',
    ],
    ...[
      'c2sp.org/tlog-proof@v1\n\nx',
      'c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx',
      'c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\n\nx',
    ],
  ])('is not %j', (text) => {
    expect(parseTlogProof(text)).toBeNull();
  });
});
