import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { keyStreamOf } from '../../../src/access/keys/key-events.ts';
import { digestOf } from '../../../src/access/keys/key-format.ts';
import { KeyRegistry } from '../../../src/access/keys/key-registry.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { brokenLink } from '../../support/hash-chain.ts';
import { until } from '../../support/until.ts';

const CATEGORY = 'requests';
const CALL = { principal: 'me', callId: 'c-1', correlationId: 'c-1' };
const KEY = { name: 'dev-1', role: 'worker', expires_at: null } as const;

let folder: string;
let store: EventStore;
/** Of two instances on one store. */
let one: KeyRegistry;
let two: KeyRegistry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-registry-'));
  store = await startEventStore({ kind: 'embedded', path: join(folder, 'log') });
  one = new KeyRegistry(store, { category: CATEGORY, nowMs: Date.now });
  two = new KeyRegistry(store, { category: CATEGORY, nowMs: Date.now });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

it('assigns a name once, across instances and concurrent calls', async () => {
  const tries = await Promise.allSettled([one, two, one, two].map((registry) => registry.create(KEY, CALL)));
  expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  for (const attempt of tries) {
    if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'key-name-taken' });
  }
});

it('shows each instance what another did', async () => {
  const { key } = await one.create(KEY, CALL);
  await two.load();
  const rotated = await two.rotate(key.id, { expires_at: null, overlapSeconds: 60 }, CALL);
  await two.revoke(key.id, 'lost', CALL);
  const known = (await one.load()).keys.get(key.id);
  expect(known).toMatchObject({ digest: digestOf(rotated.secret ?? ''), revoked_by: 'me' });
  await expect(one.rotate(key.id, { expires_at: null, overlapSeconds: 0 }, CALL)).rejects.toMatchObject({
    code: 'key-revoked',
  });
});

it('revives no expired key beside a new one of the same name', async () => {
  const soon = new Date(Date.now() + 20).toISOString();
  const old = (await one.create({ ...KEY, expires_at: soon }, CALL)).key;
  await until('it has expired', () => new Date().toISOString() > soon);
  // Nobody has taken its name yet.
  await one.rotate(old.id, { expires_at: soon, overlapSeconds: 0 }, CALL);
  const { key } = await two.create(KEY, CALL);
  const rotation = one.rotate(old.id, { expires_at: null, overlapSeconds: 0 }, CALL);
  await expect(rotation).rejects.toMatchObject({ code: 'key-name-taken' });
  await two.revoke(key.id, null, CALL);
  expect((await one.rotate(old.id, { expires_at: null, overlapSeconds: 0 }, CALL)).key.id).toBe(old.id);
});

it("renews a key's expiry on rotation, without extending the old secret's", async () => {
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const { key } = await one.create({ ...KEY, expires_at: inMs(600_000) }, CALL);
  const next = (await one.rotate(key.id, { expires_at: null, overlapSeconds: 3_600 }, CALL)).key;
  expect(next.previous?.valid_until).toBe(key.expires_at);
  const term = (from: string, to: string | null) => Date.parse(to ?? '') - Date.parse(from);
  expect(term(next.rotated_at ?? '', next.expires_at)).toBe(term(key.created_at, key.expires_at));
});

it('records the use of several keys in one event, and nothing if nothing is new', async () => {
  const ids = [];
  for (const name of ['a', 'b']) ids.push((await one.create({ ...KEY, name }, CALL)).key.id);
  const at = new Date().toISOString();
  const uses = new Map(ids.map((id) => [id, at]));
  await one.noteUses(uses, CALL);
  await two.load();
  await two.noteUses(uses, CALL);
  const { events } = await store.readStream({ stream: keyStreamOf(CATEGORY), maxCount: 100 });
  expect(events.map(({ type }) => type)).toEqual(['ApiKeyCreated', 'ApiKeyCreated', 'ApiKeysUsed']);
  expect([...(await one.load()).keys.values()].map(({ last_used_at }) => last_used_at)).toEqual([at, at]);
});

it('chains its events, which contain no secret', async () => {
  const { key, secret } = await one.create(KEY, CALL);
  await one.rotate(key.id, { expires_at: null, overlapSeconds: 0 }, CALL);
  await one.revoke(key.id, null, CALL);
  const { events } = await store.readStream({ stream: keyStreamOf(CATEGORY), maxCount: 100 });
  const shown = events.map(({ id, type, data, metadata }) => {
    return { id, type, data: JSON.parse(data), metadata: JSON.parse(metadata) };
  });
  expect(shown).toHaveLength(3);
  expect(brokenLink(shown)).toBeNull();
  expect(JSON.stringify(events.map(({ data, metadata }) => data + metadata))).not.toContain(secret?.slice(8));
});

it('writes to no stream that matches the prefix of requests', async () => {
  await one.create(KEY, CALL);
  const { events } = await store.readLog({ after: null, streamPrefix: `${CATEGORY}-`, maxCount: 10 });
  expect(events).toEqual([]);
});
