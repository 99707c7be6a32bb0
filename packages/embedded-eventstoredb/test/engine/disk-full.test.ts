import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine } from 'embedded-eventstoredb/engine';
import { content, EngineBench, event, fill } from '../support/engine.ts';

describe('a full disk', () => {
  let bench: EngineBench;
  beforeEach(() => {
    bench = new EngineBench();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.clean();
  });

  /** An engine whose file may not grow beyond that many pages, as if the disk ended there. */
  function openWithin(pages: number): Engine {
    const exec: unknown = Reflect.get(DatabaseSync.prototype, 'exec');
    jest.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
      (exec as (sql: string) => void).call(
        this,
        sql.includes('journal_mode') ? `${sql} PRAGMA max_page_count = ${pages};` : sql,
      );
    });
    const engine = bench.open();
    jest.restoreAllMocks();
    return engine;
  }

  it('fails only the appends that do not fit, as a whole', async () => {
    const engine = openWithin(60);
    await fill(engine, 's', 'ab');
    const large = { stream: 's', expectedRevision: 1n, events: [event('c'), event('x', undefined, 900_000)] };
    await expect(engine.append(large)).rejects.toMatchObject({ code: 'storage-failed' });
    expect(content(engine, 's')).toBe('0:a 1:b');
    await expect(fill(engine, 's', 'x', 9n)).rejects.toMatchObject({ actual: 1n });
    await fill(engine, 's', 'c', 1n);
    await engine.close();
    const reopened = bench.open();
    expect(content(reopened, 's')).toBe('0:a 1:b 2:c');
    await reopened.append({ ...large, expectedRevision: 2n });
    await reopened.close();
    expect(Engine.integrity(bench.directory).problems).toEqual([]);
  });
});
