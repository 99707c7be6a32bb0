import { describe, expect, it } from '@jest/globals';
import type { EventCodec, NamedEvent } from '../event-sourcing/codec.ts';
import { record } from '../event-sourcing/hash-chain.ts';
import type { EventMetadata } from '../event-sourcing/metadata.ts';
import { fixtureFiles, readStreams } from '../event-sourcing/testing/fixtures.ts';
import { verifyChain } from '../event-sourcing/testing/verify-chain.ts';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { KEY_REGISTRY, keyCodec, keyStreamOf } from './keys/key-events.ts';
import { auditStreamPrefix, refusalCodec } from './refusal-events.ts';

const CATEGORY = 'automation_request';
const streams = [...readStreams()];
const keys = streams.filter(([name]) => name === keyStreamOf(CATEGORY)).flatMap(([, events]) => events);
const refusals = streams
  .filter(([name]) => name.startsWith(auditStreamPrefix(CATEGORY)))
  .flatMap(([, events]) => events);

function writtenAgain<Event extends NamedEvent>(codec: EventCodec<Event>, stored: StoredEvent) {
  const { event, metadata } = codec.decode(stored);
  const { hash: _, previous_hash, ...unhashed } = metadata satisfies EventMetadata;
  return record(codec, [event], { id: stored.id, metadata: unhashed }, previous_hash).events;
}

describe.each([
  ['keys', keyCodec as unknown as EventCodec<NamedEvent>, keys],
  ['refusals', refusalCodec as unknown as EventCodec<NamedEvent>, refusals],
])('the events of %s', (_, codec, events) => {
  it.each([...codec.storedTypes])('have a fixture of %s', (type) => {
    expect(fixtureFiles).toContain(`${type}.v1.json`);
    expect(events.map((event) => event.type)).toContain(type);
  });

  it('are written byte for byte as before, in an intact chain', () => {
    for (const stored of events) {
      const { id, type, data, metadata } = stored;
      expect(writtenAgain(codec, stored)).toEqual([{ id, type, data, metadata }]);
    }
    expect(verifyChain(events)).toEqual({ verified: events.length });
  });
});

describe('the stream of keys', () => {
  const fold = (events: readonly StoredEvent[]) =>
    events.reduce((state, event) => KEY_REGISTRY.fold(state, event), KEY_REGISTRY.initial);

  it('yields the keys it recorded', () => {
    expect([...fold(keys).keys.values()]).toMatchObject([
      { name: 'ops', role: 'admin', created_by: 'local-admin', hint: 'abk_3d4e', revoked_at: null },
      { name: 'dev-1', role: 'worker', hint: 'abk_4e5f', revoked_by: 'olga', last_used_at: '2026-01-06T09:04:31.500Z' },
      { name: 'ann', role: 'auditor', revoked_by: 'ops', rotated_at: null },
    ]);
    expect(fold(keys).remembered.size).toBe(2);
  });

  it.each([
    ['of a newer version', { type: 'ApiKeyFrozen' }],
    ['that cannot be read', { data: '{"broken' }],
    ['that is not ours', { metadata: '{}' }],
  ])('locks no one out because of an event %s', (_, change) => {
    const [first] = keys as [StoredEvent];
    const foreign = { ...first, ...change };
    expect(fold([...keys, foreign])).toEqual(fold(keys));
  });
});

describe('refusals', () => {
  it('say what was refused', () => {
    const [first, second] = refusals.map((stored) => refusalCodec.decode(stored).event.data);
    expect(first).toMatchObject({ total: 3, unlisted: 0, refusals: [{ principal: 'ann', count: 2 }, { count: 1 }] });
    expect(second?.refusals[0]).toMatchObject({ code: 'forbidden', missing_scope: 'requests:manage' });
  });
});
