import { beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';
import type { Statement } from './checkpoints.ts';
import { CheckpointMovedError, commit, readCheckpoint } from './checkpoints.ts';

/** Queries sent. test/integration/consumers runs them on PostgreSQL. */
let sent: pg.QueryConfig[];
let answer: () => Promise<{ rows: unknown[] }>;
const database = {
  query: (query: pg.QueryConfig) => {
    sent.push(query);
    return answer();
  },
} as unknown as Queryable;

beforeEach(() => {
  sent = [];
  answer = () => Promise.resolve({ rows: [] });
});

const MOVE = { from: 9_007_199_254_740_993n, to: 9_007_199_254_740_995n };
const insert = (table: string): Statement => ({ text: `INSERT INTO ${table} VALUES ($1, $2, $1)`, values: ['a', 'b'] });

describe('committing a batch', () => {
  it('is one statement: first the move of the checkpoint, then the changes', async () => {
    await commit(database, 'things', MOVE, [
      insert('one'),
      { text: 'DELETE FROM two WHERE id = $1', values: ['c'] },
      { text: '\n  UPDATE three SET n = $1 WHERE $12', values: Array.from({ length: 12 }, (_, i) => i) },
    ]);
    expect(sent).toHaveLength(1);
    const [{ text = '', values = [] } = {}] = sent;
    expect(text.replace(/\s+/g, ' ')).toBe(
      'WITH moved AS (UPDATE checkpoints SET position = $3, updated_at = now() ' +
        'WHERE consumer = $1 AND position IS NOT DISTINCT FROM $2 RETURNING 1), ' +
        'write1 AS (INSERT INTO one VALUES ($4, $5, $4)), write2 AS (DELETE FROM two WHERE id = $6), ' +
        'write3 AS ( UPDATE three SET n = $7 WHERE $18) SELECT WHERE (SELECT 1 / count(*) FROM moved) = 0',
    );
    expect(values).toEqual(['things', '9007199254740993', '9007199254740995', 'a', 'b', 'c', ...Array(12).keys()]);
  });

  it('expects null where there was no checkpoint', async () => {
    await commit(database, 'things', { from: null, to: 1n }, []);
    expect(sent[0]?.values).toEqual(['things', null, '1']);
    expect(sent[0]?.text).toMatch(
      /^WITH moved AS \(UPDATE.*\) SELECT WHERE \(SELECT 1 \/ count\(\*\) FROM moved\) = 0$/s,
    );
  });

  it('uses the same prepared statement for the same texts, whatever the values', async () => {
    await commit(database, 'a', MOVE, [insert('one')]);
    await commit(database, 'b', MOVE, [{ ...insert('one'), values: ['x', 'y'] }]);
    await commit(database, 'a', MOVE, [insert('one'), insert('two')]);
    const [first, second, third] = sent.map(({ name }) => name);
    expect(first).toMatch(/^commit-\d+$/);
    expect(second).toBe(first);
    expect(third).toMatch(/^commit-\d+$/);
    expect(third).not.toBe(first);
  });

  it.each(['SELECT pg_notify($1, $2)', 'DROP TABLE one', 'UPDATED', 'WITH x AS (SELECT 1) INSERT INTO one SELECT 1'])(
    'rejects any other kind of statement: %s',
    async (text) => {
      await expect(commit(database, 'things', MOVE, [{ text, values: [] }])).rejects.toThrow(TypeError);
      expect(sent).toEqual([]);
    },
  );

  it('fails when another runner moved the checkpoint', async () => {
    answer = () => Promise.reject(Object.assign(new Error('division by zero'), { code: '22012' }));
    await expect(commit(database, 'things', MOVE, [])).rejects.toThrow(new CheckpointMovedError('things'));
  });

  it('fails with the error of the database', async () => {
    const away = Object.assign(new Error('away'), { code: '57P01' });
    answer = () => Promise.reject(away);
    await expect(commit(database, 'things', MOVE, [])).rejects.toBe(away);
  });

  it('prepares 200 combinations at most, and sends further ones unprepared', async () => {
    for (let i = 0; i < 210; i += 1) await commit(database, 'things', MOVE, [insert(`table${i}`)]);
    expect(sent.filter(({ name }) => name !== undefined).length).toBeLessThanOrEqual(200);
    expect(sent.at(-1)?.name).toBeUndefined();
    expect(sent.at(-1)?.text).toContain('table209');
  });
});

describe('reading a checkpoint', () => {
  it.each([
    [null, []],
    [{ version: 3, position: null }, [{ version: 3, position: null }]],
    [{ version: 3, position: 9_007_199_254_740_993n }, [{ version: 3, position: '9007199254740993' }]],
  ])('gives %s', async (expected, rows) => {
    answer = () => Promise.resolve({ rows });
    expect(await readCheckpoint(database, 'things')).toEqual(expected);
    expect(sent[0]?.values).toEqual(['things']);
  });
});
