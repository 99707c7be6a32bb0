import { describe, expect, it } from '@jest/globals';
import type { ListFilters, Sort } from './list-sql.ts';
import { countsRows, endOf, isLong, pageStatement, searchWords, SORTS, totalStatement } from './list-sql.ts';

/** Only the SQL text is tested here. test/e2e/list.test.ts and searches.test.ts test what PostgreSQL returns for it. */

const AT = '2026-01-05T09:00:00.000Z';
const FILTERS: Required<ListFilters> = {
  status: ['pending', 'blocked'],
  type: ['bug'],
  priority: ['critical', 'low'],
  q: 'Straße of',
  created_after: AT,
  created_before: AT,
  updated_after: AT,
  completed_after: AT,
  completed_before: AT,
  session_id: 'given-session',
  created_by: 'olga',
  whole: true,
  own: 'pete',
  as_of: AT,
};
const AFTER = { values: ['v1', 'v2'], submittedPosition: '9007199254740993' };

const squeezed = (text: string) => text.replace(/\s+/g, ' ');
const page = (filters: ListFilters, sort: Sort = '-created_at', after: typeof AFTER | null = null) =>
  squeezed(pageStatement(filters, sort, 20, after).text);

describe('every statement', () => {
  it.each(SORTS)('binds all user input as parameters (%s)', (sort) => {
    for (const { text, values } of [pageStatement(FILTERS, sort, 20, AFTER), totalStatement(FILTERS)]) {
      const bound = [...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n));
      expect([...new Set(bound)].sort((a, b) => a - b)).toEqual(values.map((_, i) => i + 1));
      for (const given of ['olga', 'pete', 'given-session', 'strasse', AT, 'v1']) expect(text).not.toContain(given);
    }
  });

  it('binds the value its condition names', () => {
    const { text, values } = totalStatement(FILTERS);
    const boundTo = (condition: RegExp) => values[Number(condition.exec(squeezed(text))?.[1]) - 1];
    expect(boundTo(/kind\.status = ANY\(\$(\d+)::text\[\]\)/)).toEqual(['pending', 'blocked']);
    expect(boundTo(/kind\.type = ANY\(\$(\d+)::text\[\]\)/)).toEqual(['bug']);
    expect(boundTo(/kind\.urgency = ANY\(\$(\d+)::smallint\[\]\)/)).toEqual([0, 3]);
    expect(boundTo(/session_id = \$(\d+)/)).toBe('given-session');
    expect(boundTo(/created_by = \$(\d+) AND NOT EXISTS/)).toBe('olga');
    expect(boundTo(/created_by = \$(\d+)$/)).toBe('pete');
    expect(boundTo(/folded LIKE \$(\d+) AND/)).toBe('%strasse%');
    expect(boundTo(/AND folded LIKE \$(\d+)\)/)).toBe('%of%');
  });

  it.each([
    ['created_after', 'created_at >= $1::timestamptz'],
    ['created_before', 'created_at < $1::timestamptz'],
    ['updated_after', 'last_update >= $1::timestamptz'],
    ['completed_after', "coalesce(completed_at, '-infinity'::timestamptz) >= $1::timestamptz"],
    ['completed_before', "coalesce(completed_at, 'infinity'::timestamptz) < $1::timestamptz"],
  ])('filters by %s', (filter, condition) => {
    const { text, values } = totalStatement({ [filter]: AT });
    expect(squeezed(text)).toBe(`SELECT count(*) AS total FROM requests kind WHERE ${condition}`);
    expect(values).toEqual([AT]);
  });

  it('has one name per shape, unless it is a search', () => {
    const first = pageStatement({ created_by: 'olga' }, 'status', 20, null);
    const second = pageStatement({ created_by: 'pete' }, 'status', 20, null);
    const other = pageStatement({ created_by: 'pete' }, '-status', 20, null);
    expect(first.name).toMatch(/^list-\d+$/);
    expect(second.name).toBe(first.name);
    expect(other.name).not.toBe(first.name);
    expect(pageStatement({ q: 'a' }, 'status', 20, null)).not.toHaveProperty('name');
    expect(totalStatement({ q: 'a' })).not.toHaveProperty('name');
    expect(totalStatement({ created_by: 'olga' }).name).toMatch(/^list-\d+$/);
  });

  it('has no name once a hundred are named', () => {
    const names = new Set<string | undefined>();
    for (let limit = 1; limit <= 100; limit += 1) {
      for (const sort of ['status', '-status'] as const) names.add(pageStatement({}, sort, limit, null).name);
    }
    expect(names.size).toBeLessThanOrEqual(101);
    expect(names.has(undefined)).toBe(true);
  });
});

describe('a page', () => {
  it('is read in one scan in order if any kind matches', () => {
    expect(page({})).toContain(
      'FROM (SELECT * FROM requests kind ORDER BY created_at DESC, submitted_position DESC LIMIT 21) r',
    );
    expect(page({ created_by: 'olga' })).toContain('FROM requests kind WHERE created_by = $1 ORDER BY');
  });

  it('is read in one scan per kind if an index covers it', () => {
    const text = page({ status: ['pending'], created_by: 'olga' });
    expect(text).toContain(
      'FROM request_counts kind CROSS JOIN LATERAL ( SELECT * FROM requests WHERE status = kind.status',
    );
    expect(text).toContain('urgency = kind.urgency AND created_by = $1 ORDER BY');
    expect(text).toContain('WHERE kind.count > 0 AND kind.status = ANY($2::text[]) ORDER BY');
    expect(page({ status: ['pending'] }, 'completed_at')).not.toContain('request_counts');
    expect(page({ status: ['pending'] }, 'status')).not.toContain('request_counts');
  });

  it.each([
    ['-created_at', '(created_at, submitted_position) < ($1::timestamptz, $2::bigint)'],
    ['created_at', '(created_at, submitted_position) > ($1::timestamptz, $2::bigint)'],
    ['-last_update', '(last_update, submitted_position) < ($1::timestamptz, $2::bigint)'],
    ['last_update', '(last_update, submitted_position) > ($1::timestamptz, $2::bigint)'],
    ['priority', '(urgency, created_at, submitted_position) > ($1::smallint, $2::timestamptz, $3::bigint)'],
    ['-status', '(status, submitted_position) < ($1::text, $2::bigint)'],
    ['status', '(status, submitted_position) > ($1::text, $2::bigint)'],
    [
      '-completed_at',
      "(coalesce(completed_at, '-infinity'::timestamptz), submitted_position) < ($1::timestamptz, $2::bigint)",
    ],
    [
      'completed_at',
      "(coalesce(completed_at, 'infinity'::timestamptz), submitted_position) > ($1::timestamptz, $2::bigint)",
    ],
  ] as const)('of %s continues after the last row of the previous page', (sort, condition) => {
    expect(page({}, sort, AFTER)).toContain(`WHERE ${condition} ORDER BY`);
    expect(page({}, sort)).not.toContain(condition.split(' (')[0]);
    const { values } = pageStatement({}, sort, 20, AFTER);
    expect(values).toEqual([...AFTER.values.slice(0, sort === 'priority' ? 2 : 1), AFTER.submittedPosition]);
  });

  it('reads one extra row, to tell whether there is another page', () => {
    expect(page({})).toMatch(/LIMIT 21\) r\).* LIMIT 20$/);
  });

  it('ends with the row that takes it over a MiB', () => {
    expect(page({})).toContain('WHERE coalesce(r.bytes_before, 0) < 1048576 ORDER BY');
  });
});

describe('a total', () => {
  it.each([{}, { status: ['pending'] }, { type: ['bug'], priority: ['low'] }] as ListFilters[])(
    'comes from the counters if only the kind is filtered: %j',
    (filters) => {
      expect(countsRows(filters)).toBe(false);
      expect(squeezed(totalStatement(filters).text)).toMatch(
        /^SELECT coalesce\(sum\(count\), 0\)::bigint AS total FROM request_counts kind/,
      );
    },
  );

  it('is counted for any other filter', () => {
    for (const [name, value] of Object.entries(FILTERS)) {
      const isKind = ['status', 'type', 'priority'].includes(name);
      expect([name, countsRows({ [name]: value })]).toEqual([name, !isKind]);
    }
    expect(countsRows({ whole: false })).toBe(false);
  });
});

describe('a search', () => {
  it('needs words', () => {
    expect([isLong({ q: 'a' }), isLong({ q: '' }), isLong({ created_by: 'a' })]).toEqual([true, true, false]);
    expect(isLong({ as_of: AT })).toBe(true);
  });

  it('looks for its distinct words, case-folded', () => {
    expect(searchWords('  Straße STRASSE\tof\n')).toEqual(['strasse', 'of']);
    expect(searchWords('   ')).toEqual([]);
  });

  it('treats no character as a wildcard', () => {
    expect(totalStatement({ q: '50%_a\\b' }).values).toEqual(['%50\\%\\_a\\\\b%']);
  });

  it('without words matches everything', () => {
    expect(totalStatement({ q: ' ' }).text).toContain('id IN (SELECT request_id FROM request_texts )');
  });
});

describe('the end of a page', () => {
  const row = {
    created_at: 'c',
    last_update: 'l',
    urgency: 2,
    status: 'pending',
    completed_at: null,
    submitted_position: '9007199254740993',
  };

  it.each([
    ['-created_at', ['c']],
    ['created_at', ['c']],
    ['-last_update', ['l']],
    ['last_update', ['l']],
    ['priority', [2, 'c']],
    ['-status', ['pending']],
    ['status', ['pending']],
    ['-completed_at', ['-infinity']],
    ['completed_at', ['infinity']],
  ] as const)('of %s holds its values, exact beyond the range of doubles', (sort, values) => {
    expect(endOf(sort, row)).toEqual({ values, submittedPosition: '9007199254740993' });
  });

  it('holds the completion time', () => {
    expect(endOf('completed_at', { ...row, completed_at: AT }).values).toEqual([AT]);
  });
});
