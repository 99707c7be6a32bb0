/** The Merkle tree of the log over HTTP, checked with nothing but what a caller gets. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkBundle } from '../../src/proof/bundle-format.ts';
import { parseCheckpoint } from '../../src/proof/c2sp/checkpoint.ts';
import { leafHash, provesConsistency } from '../../src/proof/c2sp/merkle.ts';
import { openNote, parseVerifierKey } from '../../src/proof/c2sp/signed-note.ts';
import { TreeEdge } from '../../src/proof/c2sp/tiles.ts';
import type { Api } from '../support/api.ts';
import { BASE } from '../support/api.ts';
import { expectProblem, UNKNOWN_ID } from '../support/contract.ts';
import { useServer, WAYS } from '../support/ways.ts';

async function keysOf(api: Api) {
  const { text } = await api.get('/proof/keys');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => parseVerifierKey(line)!);
}

async function opened(api: Api, note: string) {
  const checkpoint = parseCheckpoint(openNote(note, await keysOf(api)) ?? '');
  if (!checkpoint) throw new Error(`No checkpoint signed by a known key: ${note}`);
  return checkpoint;
}

async function signed(api: Api) {
  const { status, text, headers } = await api.post('/proof/checkpoint');
  expect([status, headers['content-type']]).toEqual([201, 'text/plain; charset=utf-8']);
  return opened(api, text);
}

async function bytes(url: string, path: string): Promise<Buffer> {
  const response = await fetch(`${url}${BASE}${path}`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  return Buffer.from(await response.arrayBuffer());
}

function entriesIn(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
    entries.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
  }
  return entries;
}

describe.each(WAYS)('the proof, %s', (way) => {
  const running = useServer(way);
  let id: string;
  beforeAll(async () => {
    ({ id } = await running.api.submit());
    await running.api.move(id, 'implementing');
  });

  it('has a leaf for each event that was answered before, in a tree that anybody can compute', async () => {
    const { size, root } = await signed(running.api);
    const entries = entriesIn(await bytes(running.server.url, `/proof/tile/entries/000.p/${size}`));
    const events = await running.api.events(id);
    const leaves = entries.map((entry) => JSON.parse(entry.toString()));
    for (const { revision, id: eventId, metadata } of events) {
      expect(leaves).toContainEqual({
        revision,
        id: eventId,
        hash: metadata.hash,
        stream: expect.stringContaining(id),
      });
    }
    const edge = TreeEdge.empty();
    edge.add(entries.map(leafHash));
    expect(edge.head()).toEqual({ size, root });
    const tile = await bytes(running.server.url, `/proof/tile/0/000.p/${size}`);
    expect(tile).toEqual(Buffer.concat(entries.map(leafHash)));
  });

  it('stays consistent while it grows', async () => {
    const older = await signed(running.api);
    await running.api.submit();
    const newer = await signed(running.api);
    expect(newer.size).toBeGreaterThan(older.size);
    const { body } = await running.api.get(`/proof/consistency?from=${older.size}&to=${newer.size}`);
    expect(body).toEqual({ from: older.size, to: newer.size, hashes: expect.any(Array) });
    const hashes = body.hashes.map((hash: string) => Buffer.from(hash, 'base64'));
    expect(provesConsistency(hashes, older, newer)).toBe(true);
    expect(provesConsistency(hashes, { ...older, root: newer.root }, newer)).toBe(false);
  });

  it('signs nothing new when there is nothing new', async () => {
    const { text } = await running.api.post('/proof/checkpoint');
    expect((await running.api.post('/proof/checkpoint')).text).toBe(text);
    expect((await running.api.get('/proof/checkpoint')).text).toBe(text);
    expect(await readFile(join(running.server.dataDir, 'proof-checkpoint'), 'utf8')).toBe(text);
  });

  it('gives the history of a request as a file that is checked without the service', async () => {
    await running.api.submit();
    await running.api.move(id, 'testing');
    const { status, body, text } = await running.api.get(`/requests/${id}/audit-bundle`);
    expect(status).toBe(200);
    const keys = (await running.api.get('/proof/keys')).text.trimEnd().split('\n');
    const found = checkBundle(Buffer.from(text), keys);
    expect(found).toMatchObject({ faults: [], requestId: id, events: 3 });
    expect(body.events.map((event: { id: string }) => event.id)).toEqual(
      (await running.api.events(id)).map((event) => event.id),
    );
    expect(body.chain).toContain(' RequestSubmitted ');
    body.events[0].data.title = 'Another';
    expect(checkBundle(Buffer.from(JSON.stringify(body)), keys).faults).not.toEqual([]);
    expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}/audit-bundle`), 404, 'not-found');
  });

  it('refuses what is beyond the tree', async () => {
    const { size } = await signed(running.api);
    const get = (path: string) => running.api.get(`/proof/${path}`);
    for (const query of [`from=0&to=${size + 1_000}`, 'from=2&to=1', 'from=-1&to=1', 'from=0', 'to=1', 'from=0&to=1e0'])
      expectProblem(await get(`consistency?${query}`), 400, 'validation-failed');
    for (const path of ['0/001', '1/000', '0/000.p/256', `0/000.p/${size + 1_000}`, '0/0', '00/000', 'entries/001'])
      expectProblem(await get(`tile/${path}`), 404, 'not-found');
  });

  it('goes on after a restart, with the same key and origin', async () => {
    const before = await signed(running.api);
    const keys = (await running.api.get('/proof/keys')).text;
    await running.server.stop();
    await running.server.startAgain();
    await running.api.submit();
    const after = await signed(running.api);
    expect(after.origin).toBe(before.origin);
    expect((await running.api.get('/proof/keys')).text).toBe(keys);
    const { body } = await running.api.get(`/proof/consistency?from=${before.size}&to=${after.size}`);
    const hashes = body.hashes.map((hash: string) => Buffer.from(hash, 'base64'));
    expect(provesConsistency(hashes, before, after)).toBe(true);
    expect((await stat(join(running.server.dataDir, 'proof-key'))).mode & 0o777).toBe(0o600);
  });
});
