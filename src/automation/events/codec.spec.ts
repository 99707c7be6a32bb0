import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { UnknownEventType, UnreadableEvent } from '../../event-sourcing/codec.ts';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import { FIXTURES, fixtureFiles, readFixture, readStreams } from '../../event-sourcing/testing/fixtures.ts';
import { evolve } from '../domain/evolve.ts';
import type { Request } from '../domain/request.ts';
import { streamOf } from '../../event-sourcing/streams.ts';
import { decodeEvent, requestCodec, requestIdOf } from './codec.ts';

const FIRST = 'automation_request-0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e';
const SECOND = 'automation_request-0197e0c9-0000-7000-8000-000000000001';
const DELIVERED = 'automation_request-0197e0ca-0000-7000-8000-00000000000d';
/** Request events only: the streams of keys, refusals and the log's name are excluded. */
const everything = fixtureFiles
  .flatMap((file) => readFixture(file))
  .filter(({ stream }) => stream.startsWith('automation_request-'));
/** Events already in the current shape. */
const ofToday = everything.filter((stored) => requestCodec.encode(decodeEvent(stored).event).type === stored.type);
const streams = readStreams();

/** The fixture file for the current shape of a stored type. */
function fileOf(storedType: string): string {
  return /\.v\d+$/.test(storedType) ? `${storedType}.json` : `${storedType}.v1.json`;
}

function foldStream(name: string): Request | null {
  return (streams.get(name) ?? []).reduce<Request | null>((it, stored) => evolve(it, decodeEvent(stored).event), null);
}

function unhashed(metadata: string): {
  before: Omit<EventMetadata, 'hash' | 'previous_hash'>;
  previous: string | null;
} {
  const { hash: _, previous_hash: previous, ...before } = JSON.parse(metadata) as EventMetadata;
  return { before, previous };
}

describe('the fixtures', () => {
  it.each(requestCodec.storedTypes)('have a file for %s', (type) => {
    expect(fixtureFiles).toContain(fileOf(type));
    expect(readFixture(fileOf(type)).map((event) => event.type)).toContain(type);
  });

  it('are only ever added', () => {
    const sums = readFileSync(join(FIXTURES, 'SHA256SUMS'), 'utf8').trim().split(/\r?\n/);
    const now = fixtureFiles.map((file) => {
      const text = readFileSync(join(FIXTURES, file), 'utf8').replaceAll('\r\n', '\n');
      return `${createHash('sha256').update(text).digest('hex')}  ${file}`;
    });
    expect(now.sort()).toEqual(sums.sort());
  });

  it('are whole streams', () => {
    expect([...streams.keys()].length).toBeGreaterThanOrEqual(4);
    for (const events of streams.values()) expect(events.map(({ revision }) => revision)).toEqual([...events.keys()]);
  });

  it('contain every optional member, both present and absent', () => {
    const members = (type: string) =>
      new Set(everything.filter((it) => it.type === type).map((it) => Object.keys(JSON.parse(it.data)).sort().join()));
    expect(members('RequestDetailsRevised').size).toBeGreaterThan(1);
    expect(members('BlockRevised').size).toBeGreaterThan(1);
    expect(members('ErrorNoted').size).toBeGreaterThan(1);
    expect(members('AttemptProgressed').size).toBeGreaterThan(1);
    expect(members('AttemptEnded').size).toBeGreaterThan(1);
  });
});

describe('decoding', () => {
  it.each(ofToday.map((stored) => [`${stored.type} ${stored.revision}@${stored.stream.slice(-4)}`, stored] as const))(
    '%s',
    (_, stored) => {
      const metadata = JSON.parse(stored.metadata) as EventMetadata;
      expect(decodeEvent(stored)).toEqual({
        event: {
          type: stored.type,
          data: JSON.parse(stored.data),
          request_id: stored.stream.slice('automation_request-'.length),
          revision: stored.revision,
          occurred_at: metadata.occurred_at,
          principal: metadata.principal,
          ...(metadata.attempt === undefined ? {} : { attempt: metadata.attempt }),
        },
        metadata,
      });
    },
  );

  it('yields the requests as they were', () => {
    expect(foldStream(FIRST)).toMatchObject({
      id: '0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e',
      type: 'feature',
      priority: 'critical',
      title: 'Add rate limits',
      description: 'To all endpoints.',
      status: 'completed',
      blocked: null,
      current_phase: null,
      session_id: null,
      milestones: [
        { id: 'm1', title: 'Middleware', description: 'Count per key.\nIn memory.', status: 'completed' },
        { id: 'm2', title: 'Docs', status: 'skipped' },
      ],
      plan_document: '# Plan\n\n1. Middleware\n2. Docs — “später”\n',
      pr_url: 'https://git.example/acme/api/pull/8',
      test_results: { passed: 13, failed: 0, skipped: 1, duration_ms: 3400, report_url: 'https://ci.example/7' },
      error_message: 'A warning.',
      error_code: null,
      retry_count: 2,
      created_at: '2026-01-05T09:00:00.007Z',
      started_at: '2026-01-05T09:00:10.007Z',
      completed_at: '2026-01-05T10:08:30.007Z',
      last_update: '2026-01-05T10:08:40.007Z',
      created_by: 'olga',
      version: 51,
      approved: true,
      lost_in_a_row: 0,
    });
    expect(foldStream(FIRST)?.attempts.map((it) => [it.attempt, it.outcome, it.report?.outcome, it.figures])).toEqual([
      [
        1,
        'lost',
        'failed',
        {
          num_turns: 7,
          cost_usd: 0.30000000000000004,
          usage: {
            input_tokens: 1000,
            output_tokens: 1e21,
            cache: { ratio: 1e-7, hit: true, miss: null },
            list: [1, 'b', {}],
          },
        },
      ],
      [2, 'released', undefined, { num_turns: 11, cost_usd: 1.25, usage: { input_tokens: 5 } }],
      [3, 'blocked', 'blocked', {}],
      [4, 'released', undefined, {}],
      [5, 'released', 'released', {}],
      [6, 'succeeded', 'succeeded', { num_turns: 4, cost_usd: 2, usage: {} }],
    ]);
    expect(foldStream(SECOND)).toMatchObject({
      status: 'cancelled',
      created_by: 'anonymous',
      retry_count: 1,
      version: 8,
      error_message: null,
      attempts: [],
    });
  });

  it('yields what was delivered, and that older attempts delivered nothing', () => {
    const commit = 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e';
    const branch = 'automation/0197e0ca';
    const pr_url = 'https://git.example/acme/api/pull/9';
    const delivery = { state: 'delivered', attempt: 1, branch, commit, pr_url, reason: null, ref: null };
    expect(foldStream(DELIVERED)).toMatchObject({
      status: 'completed',
      branch,
      commit,
      pr_url,
      delivery,
      approved: true,
    });
    expect(foldStream(DELIVERED)?.attempts.map(({ delivers }) => delivers)).toEqual([true, true, true]);
    expect(foldStream(FIRST)).toMatchObject({ branch: null, commit: null, delivery: null, returns_in_a_row: 0 });
    expect(new Set(foldStream(FIRST)?.attempts.map(({ delivers }) => delivers))).toEqual(new Set([false]));
  });

  const [stored] = readFixture('RequestSubmitted.v1.json') as [StoredEvent];

  it('tolerates members it does not know, in data and metadata', () => {
    const data = JSON.stringify({ ...JSON.parse(stored.data), added_later: { a: 1 } });
    const metadata = JSON.stringify({ ...JSON.parse(stored.metadata), added_later: 'x', schema_version: 7 });
    const { event } = decodeEvent({ ...stored, data, metadata });
    expect(evolve(null, event)).toEqual(evolve(null, decodeEvent(stored).event));
  });

  it.each(['RequestArchived', '', 'requestsubmitted', 'constructor', '__proto__', '$>', 'x'.repeat(10_000)])(
    'reports the unknown type %s',
    (type) => {
      expect(() => decodeEvent({ ...stored, type })).toThrow(UnknownEventType);
      expect(() => decodeEvent({ ...stored, type })).toThrow(expect.objectContaining({ code: 'unknown-event-type' }));
      expect(() => decodeEvent({ ...stored, type })).not.toThrow(/x{65}/);
    },
  );

  it.each(['', '{', 'nonsense', '[]', 'null', '"text"', '12', '{"a":1}}'])('reports the data %s', (data) => {
    expect(() => decodeEvent({ ...stored, data })).toThrow(UnreadableEvent);
    expect(() => decodeEvent({ ...stored, metadata: data })).toThrow(
      expect.objectContaining({ code: 'unreadable-event', message: expect.stringContaining(`0 of ${stored.stream}`) }),
    );
  });

  it.each(['occurred_at', 'principal', 'hash'])('reports metadata without %s', (name) => {
    const { [name]: _, ...metadata } = JSON.parse(stored.metadata) as Record<string, unknown>;
    expect(() => decodeEvent({ ...stored, metadata: JSON.stringify(metadata) })).toThrow(UnreadableEvent);
    expect(() => decodeEvent({ ...stored, metadata: JSON.stringify({ ...metadata, [name]: 5 }) })).toThrow(
      UnreadableEvent,
    );
  });

  it('does not quote what it cannot read', () => {
    expect(() => decodeEvent({ ...stored, data: '{"secret' })).not.toThrow(/secret/);
  });
});

describe('encoding', () => {
  it.each(ofToday.map((stored) => [`${stored.type} ${stored.revision}@${stored.stream.slice(-4)}`, stored] as const))(
    'of %s gives the same bytes as before',
    (_, stored) => {
      const { before, previous } = unhashed(stored.metadata);
      const { event } = decodeEvent(stored);
      const recorded = record(requestCodec, [event], { id: stored.id, metadata: before }, previous);
      const { id, type, data, metadata } = stored;
      expect(recorded.events).toEqual([{ id, type, data, metadata }]);
      expect(recorded.hash).toBe((JSON.parse(metadata) as EventMetadata).hash);
    },
  );
});

describe('stream names', () => {
  it('have the category before the first dash and the id after it', () => {
    const stream = streamOf('automation_request', '0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e');
    expect(stream).toBe(FIRST);
    expect(requestIdOf(stream)).toBe('0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e');
  });
});
