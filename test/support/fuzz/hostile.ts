import type { Dice } from './dice.ts';

/** Long input must not be echoed: each long text consists of this letter only. */
export const LONG = 'Ж';

/** Texts that are known to break programs. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\uffff',
  '\u202eevil\u202c',
  '\u2066a\u2069',
  '\u200b',
  '\ufeff',
  'line\nline',
  'a\r\nb',
  '\u2028',
  '\t',
  "'; DROP TABLE requests; --",
  '%s%n%x',
  '{{7*7}}${7*7}',
  '<script>alert(1)</script>',
  '../../../etc/passwd',
  '--dangerously-skip-permissions',
  '$(reboot)`reboot`',
  '\\',
  '"',
  '%',
  '_',
  '👩‍👩‍👧‍👦',
  'ǅ İ ı ß',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e999',
  LONG.repeat(201),
  LONG.repeat(20_001),
];

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  [],
  {},
  [null],
  [[{}]],
  { toString: 1 },
  { constructor: { prototype: { x: 1 } } },
  { length: 1e9 },
  { $ref: '#' },
  Array.from({ length: 300 }, (_, id) => ({ id, title: 'a', status: 'pending' })),
  ...TEXTS,
];

const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

/** Raw bodies, sent instead of the intended ones. */
const BODIES: readonly (string | Buffer)[] = [
  '',
  ' ',
  'null',
  '[]',
  '"text"',
  '1',
  '{',
  '{}{}',
  '{"a":1,}',
  "{'a':1}",
  '{"title":"a","title":"b"}',
  '{"a":{"b":1,"b":2}}',
  '{"__proto__":{"admin":true}}',
  '{"\\u005f_proto__":1}',
  '{"title":"\\ud800"}',
  '{"title":"\\u0000"}',
  '{"n":1e999}',
  '{"n":-0}',
  '{"n":01}',
  '\ufeff{}',
  deep(31),
  deep(33),
  deep(5_000),
  '['.repeat(20_000),
  `{"usage":${deep(30)}}`,
  `{"title":"${LONG.repeat(30_000)}"}`,
  `{${Array.from({ length: 3_000 }, (_, i) => `"k${i}":0`).join()}}`,
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from('{"a":"\xc0\x80"}', 'latin1'),
  Buffer.from('{"a":1}', 'utf16le'),
  Buffer.alloc(256 * 1024 + 1, ' '),
];

/** For each header that matters here, values that are wrong or barely right. */
export const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'Idempotency-Key': ['', 'a', 'a b', 'é', 'a'.repeat(255), 'a'.repeat(256), '"', 'a, b'],
  'If-Match': ['*', '"0"', 'W/"0"', '"0", "1"', '0', '"-1"', '"1e3"', '"99999999999999999999"', '', '"'],
  'If-None-Match': ['*', 'W/"0"', '"0", "1"', ',', '"', '', '"\xff"'],
  'Content-Type': [
    'text/plain',
    'application/json; charset=latin1',
    'application/json; charset="utf-8"; charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json;;',
    'application/json; charset',
    '*/*',
    '',
  ],
  'Content-Encoding': ['gzip', 'identity', 'br, gzip', ''],
  Accept: ['text/html', '*/*;q=0', 'application/*', 'application/json;q=2', ',', '', 'application/problem+json', 'a'],
  Authorization: [
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    'Bearer atw_x',
    'bearer ata_e30.e30',
    'Bearer ' + 'a'.repeat(9_000),
  ],
  'X-Correlation-Id': ['', 'a', 'a b', 'a'.repeat(129), 'é'],
  'Automation-Position': ['0', '-1', '1.5', '99999999999999999999', 'a', '', '0x1'],
  Host: ['', 'example.org', 'localhost:x', '[::1', '127.0.0.1.', 'localhost,localhost'],
  Expect: ['100-continue', 'wonders'],
  'Transfer-Encoding': ['gzip, chunked'],
  'X-HTTP-Method-Override': ['DELETE'],
  'X-Forwarded-Host': ['example.org'],
  'X-Many': ['a'.repeat(15_000)],
};

/** Path segments and suffixes. */
export const SEGMENTS: readonly string[] = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%00',
  '%',
  '%ZZ',
  '%C0%80',
  '0',
  '-1',
  '1e2',
  '00000000-0000-0000-0000-000000000000',
  '{id}',
  '__proto__',
  'constructor',
  'a;b',
  "a'b",
  'x'.repeat(3_000),
  '%F0%9F%92%A9',
];

export const QUERY_VALUES: readonly string[] = [
  '',
  '0',
  '-1',
  '101',
  '1e2',
  '0x10',
  '+1',
  '%201',
  '1,2',
  'pending,,failed',
  'PENDING',
  'constructor',
  '%00',
  '%',
  '%FF',
  '%ED%A0%80',
  '[]',
  '*',
  '2030-02-30T00:00:00Z',
  '2030-01-01',
  '9999-12-31T23:59:59Z',
  'eyJhIjoxfQ',
  'x'.repeat(2_000),
];

/** The body as JSON with one thing changed, or bytes that are not valid. */
export function hostileBody(dice: Dice, json: Readonly<Record<string, unknown>>): string | Buffer {
  if (dice.chance(0.15)) return dice.pick(BODIES);
  const text = JSON.stringify(changed(dice, structuredClone(json)));
  if (dice.chance(0.2)) {
    const at = dice.between(0, text.length);
    return (
      text.slice(0, at) +
      dice.pick(['', '"', '\\', '}', '{', ',', '\u0001', '0', 'e']) +
      text.slice(at + dice.between(0, 2))
    );
  }
  return text;
}

function changed(dice: Dice, root: Record<string, unknown>): unknown {
  const holders: (Record<string, unknown> | unknown[])[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    holders.push(value as Record<string, unknown>);
    Object.values(value).forEach(visit);
  };
  visit(root);
  const holder = dice.pick(holders) as Record<string, unknown>;
  const names = Object.keys(holder);
  const name = names.length > 0 ? dice.pick(names) : 'a';
  switch (dice.between(0, 4)) {
    case 0:
      delete holder[name];
      break;
    case 1:
      holder[dice.pick(['extra', 'constructor', 'id', 'Status', 'created_by', '', 'a/b~c', 'version'])] =
        dice.pick(VALUES);
      break;
    case 2:
      return [root];
    default:
      holder[name] = dice.pick(VALUES);
  }
  return root;
}
