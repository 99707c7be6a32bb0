import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Engine } from 'embedded-eventstoredb/engine';
import { content, EngineBench, event, fill, labelOf, OWN } from '../support/engine.ts';

describe('appending', () => {
  let bench: EngineBench;
  let engine: Engine;
  beforeEach(() => {
    bench = new EngineBench();
    engine = bench.open();
  });
  afterEach(() => bench.clean());

  it('returns what was appended', async () => {
    const given = { ...event('a'), id: 'ABCDEF01-2345-4678-9ABC-DEF012345678', data: Buffer.from([0, 255, 1]) };
    const before = Date.now();
    const result = await engine.append({ stream: 'größe-日本', expectedRevision: 'no_stream', events: [given] });
    const read = engine.readStream({ stream: 'größe-日本', direction: 'forwards', from: 'start', maxCount: 10 });
    if (read.status !== 'found') throw new Error(read.status);
    const [recorded] = read.events;
    expect(recorded).toMatchObject({
      stream: 'größe-日本',
      revision: 0n,
      position: result.position,
      id: 'abcdef01-2345-4678-9abc-def012345678',
      type: 'type-a',
      isJson: true,
    });
    expect(Buffer.from(recorded!.data).equals(given.data)).toBe(true);
    expect(Buffer.from(recorded!.metadata).equals(given.metadata)).toBe(true);
    expect(recorded!.created).toBeGreaterThanOrEqual(before);
  });

  it('keeps one order over all streams, with increasing sparse positions', async () => {
    await Promise.all([...'abcdef'].map((letter, i) => fill(engine, `s${i % 3}`, letter)));
    const { events } = engine.readAll({ direction: 'forwards', from: 'start', maxCount: 100, filter: OWN });
    expect(events.map(labelOf).join('')).toBe('abcdef');
    for (let i = 1; i < events.length; i++) expect(events[i]!.position - events[i - 1]!.position).toBeGreaterThan(1n);
  });

  it('refuses a wrong revision, and names the current one', async () => {
    await fill(engine, 's', 'abc');
    await expect(fill(engine, 's', 'x', 1n)).rejects.toMatchObject({
      code: 'wrong-expected-revision',
      expected: 1n,
      actual: 2n,
    });
    await expect(fill(engine, 's', 'x', 'no_stream')).rejects.toMatchObject({ actual: 2n });
    await expect(fill(engine, 'absent', 'x', 0n)).rejects.toMatchObject({ actual: 'no_stream' });
    await expect(fill(engine, 'absent', 'x', 'stream_exists')).rejects.toMatchObject({ actual: 'no_stream' });
    expect(content(engine, 's')).toBe('0:a 1:b 2:c');
  });

  it('lets one of many appends at the same revision win', async () => {
    await fill(engine, 's', 'a');
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => fill(engine, 's', 'w', 0n)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(content(engine, 's')).toBe('0:a 1:w');
  });

  it('recognises a repeated append at an exact revision, whatever followed it', async () => {
    const events = [event('a'), event('b')];
    const first = await engine.append({ stream: 's', expectedRevision: 'no_stream', events });
    await fill(engine, 's', 'cd');
    expect(await engine.append({ stream: 's', expectedRevision: 'no_stream', events })).toEqual(first);
    const prefix = engine.append({ stream: 's', expectedRevision: 'no_stream', events: events.slice(0, 1) });
    expect((await prefix).revision).toBe(0n);
    const changed = engine.append({ stream: 's', expectedRevision: 'no_stream', events: [events[0]!, event('x')] });
    await expect(changed).rejects.toMatchObject({ code: 'wrong-expected-revision' });
    expect(content(engine, 's')).toBe('0:a 1:b 2:c 3:d');
  });

  it('recognises a repeated append without a revision, even after a restart', async () => {
    const events = [event('a'), event('b')];
    const first = await engine.append({ stream: 's', expectedRevision: 'any', events });
    expect(await engine.append({ stream: 's', expectedRevision: 'any', events })).toEqual(first);
    await engine.close();
    engine = bench.open();
    expect(await engine.append({ stream: 's', expectedRevision: 'any', events })).toEqual(first);
    expect((await engine.append({ stream: 'other', expectedRevision: 'any', events })).revision).toBe(1n);
    expect(content(engine, 's')).toBe('0:a 1:b');
  });

  it('accepts an append twice if the revision says so', async () => {
    const events = [event('a')];
    await engine.append({ stream: 's', expectedRevision: 'no_stream', events });
    await engine.append({ stream: 's', expectedRevision: 0n, events });
    expect(content(engine, 's')).toBe('0:a 1:a');
  });

  it('refuses malformed events and oversized appends without writing anything', async () => {
    const start = engine.lastPosition();
    const append = (...events: ReturnType<typeof event>[]) =>
      engine.append({ stream: 's', expectedRevision: 'any', events });
    const badId = { ...event('b'), id: 'no-guid' };
    await expect(append(event('a'), badId)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(append({ ...event('a'), id: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(append({ ...event('a'), type: '' })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(fill(engine, '', 'a')).rejects.toMatchObject({ code: 'bad-request' });
    const halves = [event('a', randomUUID(), 600_000), event('b', randomUUID(), 600_000)];
    await expect(append(...halves)).rejects.toMatchObject({
      code: 'max-append-size-exceeded',
      maxAppendSize: 1_048_576,
    });
    expect(engine.lastPosition()).toBe(start);
  });

  it('answers an empty append with the state of the stream', async () => {
    const empty = (stream: string) => engine.append({ stream, expectedRevision: 'any', events: [] });
    expect((await empty('absent')).revision).toBe('no_stream');
    await fill(engine, 's', 'ab');
    expect((await empty('s')).revision).toBe(1n);
    expect(content(engine, 'absent')).toBe('not-found');
  });

  it('refuses appends beyond the limit of waiting bytes, and accepts later ones', async () => {
    await engine.close();
    engine = bench.open({ maxWaitingBytes: 10_000 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        engine.append({ stream: 's', expectedRevision: 'any', events: [event('a', randomUUID(), 4000)] }),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(7);
    expect(refused[0]!.reason).toMatchObject({ code: 'overloaded' });
    await fill(engine, 's', 'z');
  });
});
