import { describe, expect, it } from '@jest/globals';
import { readStreams } from '../event-sourcing/testing/fixtures.ts';
import { AuditBundles } from './audit-bundle.ts';
import { checkBundle } from './bundle-format.ts';
import { formatVerifierKey, verifierKey } from './c2sp/signed-note.ts';
import { leafOf } from './proof-events.ts';
import { NO_PROOF } from './proof-state.ts';
import { MemoryTree, testKey } from './testing/memory-tree.ts';

const ORIGIN = 'log.example/1';
const CATEGORY = 'automation_request';
const key = testKey(1);
const streams = [...readStreams()].filter(([name]) => name.startsWith(`${CATEGORY}-`));
const [stream, events] = streams[0]!;
const others = streams.slice(1).flatMap(([, list]) => list);

describe('the bundle of a request', () => {
  it.each([0, 1, others.length])('holds when the tree grew by %i leaves after it was signed', async (growth) => {
    const tree = new MemoryTree();
    const signed = [...events, ...others.slice(growth)];
    tree.add(signed);
    const checkpoint = tree.checkpoint(ORIGIN, key);
    tree.add(others.slice(0, growth));
    const keys = [formatVerifierKey(verifierKey(ORIGIN, key))];
    const state = {
      ...NO_PROOF,
      size: tree.edge.size,
      origin: ORIGIN,
      checkpoint,
      checkpointSize: signed.length,
      keys,
    };
    const bundles = new AuditBundles({
      store: { readStream: () => Promise.resolve({ events: [...events], atEnd: true, truncated: false }) },
      category: CATEGORY,
      tables: {
        readTile: tree.readTile,
        leavesOf: () =>
          Promise.resolve(events.map((event) => ({ ...leafOf(event), index: tree.indexes.get(event.id) ?? -1 }))),
      },
      signer: { key, sign: () => Promise.resolve(state) },
      nowMs: () => 0,
    });
    const id = stream.slice(CATEGORY.length + 1);
    const bundle = await bundles.make(id, { principal: 'auditor', callId: null, correlationId: id });
    const { faults, size } = checkBundle(Buffer.from(JSON.stringify(bundle)), null);
    expect({ faults, size }).toEqual({ faults: [], size: signed.length });
  });
});
