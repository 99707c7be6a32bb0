import { describe, expect, it } from '@jest/globals';
import { record } from '../event-sourcing/hash-chain.ts';
import { fixtureFiles, readStreams } from '../event-sourcing/testing/fixtures.ts';
import { verifyChain } from '../event-sourcing/testing/verify-chain.ts';
import { leafHash } from './c2sp/merkle.ts';
import { openNote, parseVerifierKey } from './c2sp/signed-note.ts';
import { entryOf, leafOf, proofCodec, proofStreamOf } from './proof-events.ts';
import { ProofFold } from './proof-state.ts';

const events = readStreams().get(proofStreamOf('automation_request')) ?? [];

describe('the events of the proof', () => {
  it.each([...proofCodec.storedTypes])('have a fixture of %s', (type) => {
    expect(fixtureFiles).toContain(`${type}.v1.json`);
    expect(events.map((event) => event.type)).toContain(type);
  });

  it('are written byte for byte as before, in an intact chain', () => {
    for (const stored of events) {
      const { event, metadata } = proofCodec.decode(stored);
      const { hash: _, previous_hash, ...unhashed } = metadata;
      const { id, type, data } = stored;
      const again = record(proofCodec, [event], { id, metadata: unhashed }, previous_hash).events;
      expect(again).toEqual([{ id, type, data, metadata: stored.metadata }]);
    }
    expect(verifyChain(events)).toEqual({ verified: events.length });
  });

  it('give the tree that they gave when they were written', () => {
    const fold = new ProofFold();
    for (const event of events) fold.add(event);
    const { size, origin, checkpoint, keys } = fold.state;
    expect([size, origin]).toEqual([3, '0197e0cb-0000-4000-8000-000000000001']);
    const text = openNote(
      checkpoint ?? '',
      keys.map((key) => parseVerifierKey(key)!),
    );
    expect(text).toBe(`${origin}\n3\n${fold.head().root.toString('base64')}\n`);
  });

  it('hash an entry as canonical JSON of hash, id, revision and stream', () => {
    const [key] = readStreams().get('automation_request:api_keys-all') ?? [];
    const entry = entryOf(leafOf(key!));
    const { hash } = JSON.parse(key!.metadata);
    expect(entry.toString()).toBe(`{"hash":"${hash}","id":"${key!.id}","revision":0,"stream":"${key!.stream}"}`);
    expect(leafHash(entry)).toHaveLength(32);
  });

  it('are refused when one before them is missing, or leaves are', () => {
    const fold = new ProofFold();
    fold.add(events[0]!);
    expect(() => fold.add(events[2]!)).toThrow('missing');
    const leaves = events.find(({ type }) => type === 'LeavesAdded')!;
    const data = leaves.data.replace('"first":0', '"first":1');
    expect(() => fold.add({ ...leaves, data })).toThrow('first leaf');
    for (const bad of ['{"first":0}', '{"first":0,"leaves":[1]}', '{"first":0,"leaves":[["s","0","i","h"]]}'])
      expect(() => fold.add({ ...leaves, data: bad })).toThrow('cannot be read');
  });
});
