import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readStreams } from '../event-sourcing/testing/fixtures.ts';
import type { AuditBundle } from './bundle-format.ts';
import { BUNDLE_FORMAT, chainText, checkBundle } from './bundle-format.ts';
import { formatVerifierKey, signNote, verifierKey } from './c2sp/signed-note.ts';
import { inclusionProof } from './c2sp/tiles.ts';
import { formatTlogProof } from './c2sp/tlog-proof.ts';
import { MemoryTree, testKey } from './testing/memory-tree.ts';

const ORIGIN = 'log.example/1';
const key = testKey(1);
const KEYS = [formatVerifierKey(verifierKey(ORIGIN, key))];
const streams = [...readStreams()].filter(([name]) => name.startsWith('automation_request-'));
const all = streams.flatMap(([, events]) => events);
const [stream, events] = streams.find(([, list]) => list.length >= 3 && list.length <= 8)!;

async function bundleOf(change: Partial<AuditBundle> = {}, signer = key): Promise<AuditBundle> {
  const tree = new MemoryTree();
  tree.add(all);
  const checkpoint = tree.checkpoint(ORIGIN, signer);
  const proofs = await Promise.all(
    events.map(async ({ id }) => {
      const index = tree.indexes.get(id)!;
      return formatTlogProof({ index, hashes: await inclusionProof(tree.readTile, index, all.length), checkpoint });
    }),
  );
  const stored = events.map(({ position: _, data, metadata, ...event }) => {
    return { ...event, data: JSON.parse(data) as object, metadata: JSON.parse(metadata) as object };
  });
  const request_id = stream.slice(stream.indexOf('-') + 1);
  const content = { request_id, events: stored, made_at: '2030-01-31T10:00:00.000Z', ...change };
  const chain = signNote(chainText(content), ORIGIN, signer);
  const keys = [formatVerifierKey(verifierKey(ORIGIN, signer))];
  return { format: BUNDLE_FORMAT, proofs, checkpoint, keys, chain, ...content };
}

const faultsOf = (bundle: object, trusted: readonly string[] | null = null): readonly string[] =>
  checkBundle(Buffer.from(JSON.stringify(bundle)), trusted).faults;

describe('a bundle', () => {
  let bundle: AuditBundle;
  beforeAll(async () => {
    bundle = await bundleOf();
  });

  it('holds, with its own keys and with those kept elsewhere, however it is laid out', () => {
    expect(checkBundle(Buffer.from(JSON.stringify(bundle)), null)).toEqual({
      faults: [],
      requestId: bundle.request_id,
      origin: ORIGIN,
      events: events.length,
      size: all.length,
      keys: KEYS,
    });
    expect(checkBundle(Buffer.from(JSON.stringify(bundle, null, 2)), KEYS).faults).toEqual([]);
  });

  it('is refused with any byte changed', () => {
    const bytes = Buffer.from(JSON.stringify(bundle));
    const anyByte = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(anyByte, ([at, difference]) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= difference;
        expect(checkBundle(changed, null).faults).not.toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  it('is refused with any character of it exchanged for another of its kind', () => {
    const text = JSON.stringify(bundle);
    for (let at = 0; at < text.length; at += 11) {
      const other = text[at] === '1' ? '2' : /\d/.test(text[at] ?? '') ? '1' : text[at] === 'a' ? 'b' : 'a';
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      expect(checkBundle(Buffer.from(changed), null).faults).not.toEqual([]);
    }
  });

  it('is refused if something is left out or added, though it is signed anew', async () => {
    const last = bundle.events.slice(0, -1);
    expect(faultsOf({ ...bundle, events: last, proofs: bundle.proofs.slice(0, -1) })).toEqual([
      expect.stringContaining('index'),
    ]);
    expect(faultsOf({ ...bundle, note: 'x' })).toEqual([expect.stringContaining('note')]);
    const { made_at: _, ...less } = bundle;
    expect(faultsOf(less)).toEqual([expect.stringContaining('made_at')]);
    expect(faultsOf(await bundleOf({ events: bundle.events.slice(1) }))).toContainEqual(
      expect.stringContaining('hash chain (gap)'),
    );
    expect(faultsOf(await bundleOf({ events: [] }))).toContain('there are no events');
    expect(faultsOf(await bundleOf({ request_id: '0197e0cb-0000-4000-8000-00000000ffff' }))).toContainEqual(
      expect.stringContaining('another request'),
    );
    expect(faultsOf({ ...bundle, proofs: bundle.proofs.toReversed() })).toHaveLength(
      events.length - (events.length % 2),
    );
  });

  it('of a forger is refused by whoever kept the key', async () => {
    const forged = await bundleOf({}, testKey(2));
    expect(faultsOf(forged)).toEqual([]);
    expect(faultsOf(forged, KEYS)).toEqual([expect.stringContaining('not signed by a known key')]);
  });

  it.each(['', '{', '[]', 'null', '"x"', '{"format":1}', '\u00ff'])('is not %j', (text) => {
    expect(checkBundle(Buffer.from(text, 'latin1'), null).faults).toHaveLength(1);
  });
});
