import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from 'embedded-eventstoredb/engine';
import { content, EngineBench, event, fill } from '../support/engine.ts';

describe('the files of a log', () => {
  let bench: EngineBench;
  beforeEach(() => {
    bench = new EngineBench();
  });
  afterEach(() => bench.clean());

  it('keep everything over a restart', async () => {
    const first = bench.open();
    await fill(first, 's', 'abc');
    await first.deleteStream({ stream: 's', expectedRevision: 'any' });
    await fill(first, 's', 'de');
    await fill(first, 'gone', 'x');
    await first.tombstoneStream({ stream: 'gone', expectedRevision: 'any' });
    const position = first.lastPosition();
    await first.close();
    const second = bench.open();
    expect(second.logId).toBe(first.logId);
    expect(second.lastPosition()).toBe(position);
    expect(content(second, 's')).toBe('3:d 4:e');
    expect(content(second, 'gone')).toBe('deleted');
    await expect(fill(second, 's', 'x', 3n)).rejects.toMatchObject({ actual: 4n });
    expect((await fill(second, 's', 'f', 4n)).position).toBeGreaterThan(position);
  });

  it('belong to one engine at a time', async () => {
    const first = bench.open();
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'locked' }));
    await fill(first, 's', 'a');
    await first.close();
    expect(content(bench.open(), 's')).toBe('0:a');
  });

  it('are released when their process is killed', async () => {
    const script = `
      const { Engine } = await import(${JSON.stringify(import.meta.resolve('../../src/engine/engine.ts'))});
      const engine = Engine.open({ path: ${JSON.stringify(bench.directory)} });
      const event = { id: crypto.randomUUID(), type: 't', isJson: false, data: Buffer.alloc(9), metadata: Buffer.alloc(0) };
      await engine.append({ stream: 's', expectedRevision: 'any', events: [event] });
      console.log('ready');
      setInterval(() => engine, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'locked' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const engine = bench.open();
    expect(engine.readStream({ stream: 's', direction: 'forwards', from: 'start', maxCount: 9 })).toMatchObject({
      lastRevision: 0n,
    });
  });

  it('of a newer format are refused', async () => {
    await bench.open().close();
    const database = new DatabaseSync(join(bench.directory, 'events.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'newer-format' }));
    expect(() => bench.open()).toThrow(/upgrade/);
  });

  it('are refused if they are something else', () => {
    writeFileSync(join(bench.directory, 'events.sqlite'), 'no database at all, but long enough to look at');
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'not-an-event-log' }));
    writeFileSync(join(bench.directory, 'events.sqlite'), '');
    const database = new DatabaseSync(join(bench.directory, 'events.sqlite'));
    database.exec('CREATE TABLE t (x)');
    database.close();
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'not-an-event-log' }));
  });

  it('pass the integrity check, and fail it if a byte changes', async () => {
    const engine = bench.open();
    await fill(engine, 's', 'abc');
    await fill(engine, '$$s', 'm');
    await engine.tombstoneStream({ stream: 's', expectedRevision: 'any' });
    expect(() => Engine.integrity(bench.directory)).toThrow(expect.objectContaining({ code: 'locked' }));
    await engine.close();
    expect(Engine.integrity(bench.directory)).toEqual({ events: 7, streams: 3, problems: [] });
    const database = new DatabaseSync(join(bench.directory, 'events.sqlite'));
    database.exec(`UPDATE event SET record = unhex(replace(hex(record), hex('"b"'), hex('"x"'))) WHERE revision = 1`);
    database.exec('DELETE FROM event WHERE revision = 0 AND stream > 5 AND stream % 2 = 0');
    database.close();
    const { problems } = Engine.integrity(bench.directory);
    expect(problems.some((problem) => problem.includes('checksum'))).toBe(true);
    expect(problems.some((problem) => problem.startsWith('stream'))).toBe(true);
  });

  it('are reported as damaged if pages are overwritten, and released again', async () => {
    const engine = bench.open();
    for (let i = 0; i < 20; i++) await fill(engine, `s${i}`, 'abcdefghijklmnopqrstuvwxyz');
    await engine.close();
    const file = join(bench.directory, 'events.sqlite');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x55, 3 * 4096, bytes.length - 4096));
    const { problems } = Engine.integrity(bench.directory);
    expect(problems.length).toBeGreaterThan(0);
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: 'not-an-event-log' }));
    expect(Engine.integrity(bench.directory).problems).toEqual(problems);
  });

  it('are not created by an integrity check of an empty directory', () => {
    const absent = join(bench.directory, 'absent');
    expect(() => Engine.integrity(absent)).toThrow(expect.objectContaining({ code: 'not-an-event-log' }));
    expect(existsSync(absent)).toBe(false);
  });

  it('are not created for a log in memory', async () => {
    const engine = Engine.open({ path: ':memory:' });
    await fill(engine, 's', 'a');
    expect(content(engine, 's')).toBe('0:a');
    await engine.close();
    expect(existsSync(':memory:')).toBe(false);
  });

  it('contain what was appended when close was called, and nothing later', async () => {
    const engine = bench.open();
    const pending = Array.from({ length: 50 }, (_, i) => fill(engine, `s${i}`, 'a'));
    // An append is queued in a microtask after its checks; close commits what is queued.
    await Promise.resolve();
    const closed = engine.close();
    await expect(fill(engine, 'late', 'a')).rejects.toMatchObject({ code: 'closed' });
    await closed;
    const acknowledged = (await Promise.allSettled(pending)).filter(({ status }) => status === 'fulfilled').length;
    expect(acknowledged).toBe(50);
    const reopened = bench.open();
    for (let i = 0; i < 50; i++) expect(content(reopened, `s${i}`)).toBe('0:a');
    expect(content(reopened, 'late')).toBe('not-found');
    expect(() => engine.readAll({ direction: 'forwards', from: 'start', maxCount: 1 })).toThrow(
      expect.objectContaining({ code: 'closed' }),
    );
  });

  it('keep the write-ahead log small under a long load', async () => {
    const engine = bench.open();
    for (let round = 0; round < 120; round++) {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          engine.append({ stream: `s${i}`, expectedRevision: 'any', events: [event('a', undefined, 20_000)] }),
        ),
      );
    }
    expect(statSync(join(bench.directory, 'events.sqlite-wal')).size).toBeLessThan(60_000_000);
    await engine.close();
    expect(Engine.integrity(bench.directory).problems).toEqual([]);
  });
});
