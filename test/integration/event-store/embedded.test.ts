import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine } from 'embedded-eventstoredb/engine';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { event, ids } from '../../support/events.ts';
import { describeEventStore } from './contract.ts';
import type { ForeignEvent, Subject } from './contract.ts';

describeEventStore('the embedded engine in the store thread', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  let opened = 0;
  const subject: Subject = {
    writeForeign: (events) => writeForeign(join(folder, 'first'), events),
    shortPageMs: 150,
    // A log can be open once, so what is opened beside the first store has another log.
    open: (limits = {}) =>
      startEventStore({ kind: 'embedded', path: join(folder, opened++ === 0 ? 'first' : 'second'), limits }),
    alter: (stream, how) => alter(join(folder, 'second'), stream, how),
    dispose: () => rm(folder, { recursive: true }),
  };
  return subject;
});

async function writeForeign(path: string, events: readonly ForeignEvent[]): Promise<void> {
  const engine = Engine.open({ path });
  for (const { stream, contentType, data, metadata } of events) {
    const isJson = contentType === 'application/json';
    const written = { id: randomUUID(), type: 'Foreign', isJson, data, metadata };
    await engine.append({ stream, expectedRevision: 'any', events: [written] });
  }
  await engine.close();
}

async function alter(path: string, stream: string, how: 'delete' | 'tombstone' | 'truncate'): Promise<void> {
  const engine = Engine.open({ path });
  if (how === 'delete') await engine.deleteStream({ stream, expectedRevision: 'any' });
  else if (how === 'tombstone') await engine.tombstoneStream({ stream, expectedRevision: 'any' });
  else {
    const data = Buffer.from('{"$tb":2}');
    const metadata = { id: randomUUID(), type: '$metadata', isJson: true, data, metadata: new Uint8Array() };
    await engine.append({ stream: `$$${stream}`, expectedRevision: 'any', events: [metadata] });
  }
  await engine.close();
}

describe('many reads of pages at once', () => {
  it('take their turns; more than may wait are refused, and the probe of health waits for none of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
    const limits = { maxPagesAtOnce: 1, maxPendingReads: 3, readTimeoutMs: 60_000, tailTimeoutMs: 60_000 };
    const store = await startEventStore({ kind: 'embedded', path: join(folder, 'log'), limits });
    try {
      const given = event({ text: 'x'.repeat(100_000) });
      await store.append({ stream: 'large', expectedRevision: 'no_stream', events: [given] });
      const reads = Array.from({ length: 4 }, () => store.readStream({ stream: 'large', maxCount: 10 }));
      const tail = store.tail();
      await expect(reads.pop()).rejects.toThrow('Too many pages are read at once.');
      for (const { events } of await Promise.all(reads)) expect(ids(events)).toEqual([given.id]);
      await expect(tail).resolves.toEqual(expect.any(BigInt));
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('starting the embedded engine', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('fails when the log is in use', async () => {
    const path = join(folder, 'in-use');
    const store = await startEventStore({ kind: 'embedded', path });
    try {
      await expect(startEventStore({ kind: 'embedded', path })).rejects.toThrow(/in use/);
      await store.tail();
    } finally {
      await store.close();
    }
    const again = await startEventStore({ kind: 'embedded', path });
    await again.close();
  });

  it('fails when the path cannot be a log', async () => {
    await expect(startEventStore({ kind: 'embedded', path: '/dev/null/log' })).rejects.toThrow('could not be opened');
  });
});
