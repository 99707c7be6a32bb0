import { describe, expect, it } from '@jest/globals';
import { OutputTail, plainText, redact } from './output-tail.ts';

function tailOf(
  chunks: readonly (string | Buffer)[],
  { capacity = 100, secrets = [] as string[], max = 4_000 } = {},
): string {
  const tail = new OutputTail(capacity);
  for (const chunk of chunks) tail.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return tail.read(secrets, max);
}

describe('the tail of an output', () => {
  it('is the whole of a short output', () => {
    expect(tailOf(['one\n', 'two\n'])).toBe('one\ntwo');
  });

  it('consists of whole lines from the end of a long output', () => {
    const lines = Array.from({ length: 1_000 }, (_, n) => `line ${n}\n`);
    const tail = tailOf(lines);
    expect(tail.endsWith('line 998\nline 999')).toBe(true);
    expect(tail.length).toBeLessThanOrEqual(200);
    expect(tail).toMatch(/^line \d+\n/);
  });

  it('holds at most twice its capacity', () => {
    const tail = new OutputTail(1_000);
    for (let i = 0; i < 100; i += 1) tail.push(Buffer.alloc(1_000_000, 'x'));
    expect(tail.read([], 1_000_000).length).toBeLessThanOrEqual(2_000);
  });

  it('joins a character split by the pipe', () => {
    const bytes = Buffer.from('grün\n');
    expect(tailOf([bytes.subarray(0, 3), bytes.subarray(3)])).toBe('grün');
  });

  it('counts code points when it cuts, and splits none', () => {
    expect(tailOf(['🙂'.repeat(30)], { max: 10 })).toBe('🙂'.repeat(10));
  });

  it('shows no part of a secret at the cut', () => {
    const secret = `token-${'s'.repeat(200)}`;
    const tail = tailOf([`${'x'.repeat(1_000)}${secret}\nthe end\n`], { capacity: 110, secrets: [secret] });
    expect(tail).toBe('the end');
  });
});

describe('redaction', () => {
  it('removes known values everywhere', () => {
    expect(redact('a=hunter2hunter2;b=hunter2hunter2', ['hunter2hunter2'])).toBe('a=[redacted];b=[redacted]');
  });

  it.each([
    [`sk-ant-${'a1'.repeat(20)}`],
    [`ghp_${'a1'.repeat(18)}`],
    [`AKIA${'A1'.repeat(8)}`],
    [`abk_${'a1'.repeat(19)}`],
    [`atw_${'a1'.repeat(10)}.${'b2'.repeat(10)}`],
    [`ata_${'a1'.repeat(10)}.${'b2'.repeat(10)}`],
    [`eyJ${'a1'.repeat(10)}.eyJ${'a1'.repeat(10)}.${'a1'.repeat(10)}`],
  ])('recognises %s', (secret) => {
    expect(redact(`found ${secret} here`, [])).toBe('found [redacted] here');
  });

  it('removes what follows the name of a secret', () => {
    expect(redact('DB_PASSWORD=correct-horse Authorization: Bearer abcdefghijkl', [])).toBe(
      'DB_PASSWORD=[redacted] Authorization: Bearer [redacted]',
    );
    expect(redact('{"api_key": "0123456789"}', [])).toBe('{"api_key": "[redacted]"}');
    expect(redact('postgres://user:secret@host/db', [])).toBe('postgres://user:[redacted]@host/db');
  });

  it.each([
    ['https://ghtoken0123456789@git.example/a.git', 'https://[redacted]@git.example/a.git'],
    ['HTTPS://token:x-oauth-basic@git.example/a', 'HTTPS://[redacted]@git.example/a'],
    ['http://user:p@ss:w0rd@git.example:8080/a', 'http://[redacted]@git.example:8080/a'],
    ['ssh://git:s3cr@t@git.example/a', 'ssh://git:[redacted]@git.example/a'],
    ['https://git.example/a?private_token=0123456789&page=2', 'https://git.example/a?private_token=[redacted]&page=2'],
    ['https://git.example/a?page=2&sig=ab%2Fcd&v=1', 'https://git.example/a?page=2&sig=[redacted]&v=1'],
    ['> Authorization: token 0123456789', '> Authorization: [redacted]'],
    ['http.extraHeader=AUTHORIZATION: basic YWJjZGVmZ2hpag==', 'http.extraHeader=AUTHORIZATION: basic [redacted]'],
    ['PRIVATE-TOKEN: 0123456789', 'PRIVATE-TOKEN: [redacted]'],
    ['Set-Cookie: session=0123; path=/', 'Set-Cookie: [redacted]'],
  ])('removes the credentials from %s', (text, clean) => {
    expect(redact(text, [])).toBe(clean);
  });

  it.each([
    'Expected 3 tokens, received 4 at src/token.ts:12:7 (see https://example.com/a:b)',
    'ssh://git@git.example/a, git@git.example:a/b and https://git.example/a?page=2#readme by a@b.example',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(redact(text, [])).toBe(text);
  });
});

describe('plain text', () => {
  it('has no terminal sequences, controls, lone surrogates or noncharacters', () => {
    expect(plainText('\u001b[31mred\u001b[0m\r\nnext\u0000\u0007\ud800\ufffe\tend')).toBe('red\nnext\ufffd\tend');
  });
});
