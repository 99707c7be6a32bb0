import { describe, expect, it } from '@jest/globals';
import { copyText } from './copy.ts';

describe('the text of COPY', () => {
  it('has one line for a row, and escapes what would end a line, a field or an escape', () => {
    const rows = [
      ['a\tb', 'c\nd\r', '\\N', null],
      [1, true, '', '{"a":"\\n"}'],
    ];
    expect(copyText(rows)).toBe('a\\tb\tc\\nd\\r\t\\\\N\t\\N\n1\ttrue\t\t{"a":"\\\\n"}\n');
    expect(copyText([])).toBe('');
  });
});
