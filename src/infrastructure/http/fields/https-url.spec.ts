import { describe, expect, it } from '@jest/globals';
import { httpsUrlFault } from './https-url.ts';

const fault = (value: unknown): string | undefined => httpsUrlFault(value, 2_000);

describe('a link', () => {
  it.each([
    'https://github.com/acme/app/pull/7',
    'https://github.com/acme/app/pull/7?diff=split&w=1#discussion_r1',
    'HTTPS://GitHub.com/acme',
    'https://example.com',
    'https://example.com:443/x',
    'https://example.com./x',
    'https://localhost/report',
    'https://xn--bcher-kva.example/%C3%BC',
    'https://example.com/a%20b',
    'https://example.com/@user/x',
    'https://1.example.com/',
  ])('may be %s', (url) => {
    expect(fault(url)).toBeUndefined();
  });

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    '//example.com/',
    '/pull/7',
    'example.com',
    'https:example.com',
    'https:/example.com',
    'https:\\\\example.com',
    'https://',
    'https:///x',
    '',
    ' https://example.com',
    'https://example.com/ ',
    'https://example.com/a b',
    'https://example.com/\n',
    'https://exam\tple.com/',
    'https://example.com/\u0000',
    'https://example.com/<script>',
    'https://example.com/"x',
    'https://example.com/a\\b',
    'https://example.com/ü',
    'https://bücher.example/',
    'https://example.com/%',
    'https://example.com/%zz',
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'https://@example.com/',
    'https://:@example.com/',
    'https://example.com@evil.example/',
    'https://example.com\\@evil.example/',
    'https://example.com:8443/',
    'https://example.com:/',
    'https://example.com:0/',
    'https://exa%6dple.com/',
    'https://-example.com/',
    'https://a..example.com/',
    'https://under_score.example.com/',
    7,
    null,
    ['https://example.com'],
  ])('is not %j', (url) => {
    expect(fault(url)).toBeDefined();
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.0.0.1./',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://10.0.0.1:443/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://１２７.０.０.１/',
    'https://%31%32%37.0.0.1/',
    'https://0/',
    'https://256.1.1.1/',
    'https://1.2.3/',
  ])('does not name an address: %s', (url) => {
    expect(fault(url)).toBeDefined();
  });

  it('has a length limit', () => {
    const url = `https://example.com/${'a'.repeat(1_980)}`;
    expect(url).toHaveLength(2_000);
    expect(fault(url)).toBeUndefined();
    expect(fault(`${url}a`)).toBe('must have at most 2000 characters');
  });
});
