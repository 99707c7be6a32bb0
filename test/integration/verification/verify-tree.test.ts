/** The log compared with its tree, after somebody has been in the files. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStreams } from '../../../src/event-sourcing/testing/fixtures.ts';
import type { EventStore, EventToAppend, StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { proofStreamOf } from '../../../src/proof/proof-events.ts';
import { appendTree, rechained, testKey } from '../../../src/proof/testing/memory-tree.ts';
import { readAll } from '../../support/events.ts';
import { Tampering } from '../../support/tampering.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/verify.js', import.meta.url));
const CATEGORY = 'automation_request';
const PROOF = proofStreamOf(CATEGORY);
const streams = [...readStreams()].filter(([name]) => name !== PROOF);
const [REQUEST, HISTORY] = streams.find(([name, { length }]) => name.startsWith(`${CATEGORY}-`) && length > 20)!;
const SIGNED = { origin: 'log.example', key: testKey(1) };

let root: string;
let whole: string;
/** The checkpoints of the whole log, oldest first. */
let checkpoints: readonly string[];

async function inLog<T>(folder: string, work: (store: EventStore) => Promise<T>): Promise<T> {
  const store = await startEventStore({ kind: 'embedded', path: join(folder, 'eventstore') });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Writes the streams by turns, then their tree in two parts. */
async function write(folder: string, written: readonly (readonly [string, readonly EventToAppend[]])[]) {
  return inLog(folder, async (store) => {
    for (let revision = 0; written.some(([, { length }]) => length > revision); revision += 1) {
      for (const [stream, events] of written) {
        const event = events[revision];
        const expectedRevision = revision === 0 ? 'no_stream' : revision - 1;
        if (event) await store.append({ stream, expectedRevision, events: [event] });
      }
    }
    const all: readonly StoredEvent[] = await readAll(store, CATEGORY);
    return appendTree(store, CATEGORY, [all.slice(0, 20), all.slice(20)], SIGNED);
  });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'automation-verify-tree-'));
  whole = join(root, 'whole');
  checkpoints = await write(whole, streams);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function copy(tamper: (log: Tampering) => void): Promise<string> {
  const folder = join(root, `copy-${(await readdir(root)).length}`);
  await cp(whole, folder, { recursive: true });
  const log = new Tampering(join(folder, 'eventstore'));
  tamper(log);
  log.close();
  return folder;
}

function verify(folder: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? '', DATA_DIR: folder }, timeout: 50_000 };
    execFile(process.execPath, [PROGRAM, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr });
    });
  });
}

async function kept(text: string): Promise<string> {
  const file = join(root, `kept-${(await readdir(root)).length}`);
  await writeFile(file, text);
  return file;
}

describe('npm run verify, with a tree', () => {
  it('finds an untouched log intact, also against each checkpoint that was kept', async () => {
    for (const checkpoint of checkpoints) {
      const { code, stdout, stderr } = await verify(whole, '--checkpoint', await kept(checkpoint));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Checkpoints that hold: 2, the last of log.example');
      expect(stdout).toMatch(/Verdict: intact\.\n$/);
    }
  });

  it('finds a changed byte and exchanged events altered', async () => {
    const changed = await verify(await copy((log) => log.replace({ stream: REQUEST, revision: 0 }, 'Add', 'Bad')));
    expect(changed).toMatchObject({ code: 1, stdout: expect.stringMatching(/Verdict: altered\.\n$/) });
    expect(changed.stdout).toContain(`Broken at revision 0 of ${REQUEST}`);
    const swapped = await verify(
      await copy((log) => log.exchange({ stream: REQUEST, revision: 3 }, { stream: REQUEST, revision: 5 })),
    );
    expect(swapped).toMatchObject({ code: 1, stdout: expect.stringMatching(/Verdict: altered\.\n$/) });
    expect(swapped.stdout).toContain(REQUEST);
  });

  it('names the last event of a stream, if it was removed', async () => {
    const revision = HISTORY.length - 1;
    const { code, stdout } = await verify(await copy((log) => log.remove({ stream: REQUEST, revision })));
    expect(stdout).toContain('Events that the tree holds and that are gone: 1.\n');
    expect(stdout).toContain(`  revision ${revision} of ${REQUEST} (leaf `);
    expect(stdout).toMatch(/Verdict: removed by the store's operator\.\n$/);
    expect(code).toBe(3);
  });

  it('names the events of a stream that was removed whole', async () => {
    const { code, stdout } = await verify(
      await copy((log) => HISTORY.forEach((_, revision) => log.remove({ stream: REQUEST, revision }))),
    );
    expect(stdout).toContain(`Events that the tree holds and that are gone: ${HISTORY.length}.\n`);
    expect(stdout).toContain(`  revision 0 of ${REQUEST} (leaf `);
    expect(code).toBe(3);
  });

  it('finds a history altered that was rewritten with all its hashes', async () => {
    const folder = join(root, 'rewritten');
    const rewritten = HISTORY.map((event, i) => (i === 4 ? { ...event, data: '{"forged":true}' } : event));
    await write(
      folder,
      streams.map(([name, events]) => [name, name === REQUEST ? rechained(rewritten, 4) : events]),
    );
    // The forger has built a new tree over it, with the key: only a checkpoint that was kept tells.
    expect((await verify(folder)).code).toBe(0);
    const { code, stdout } = await verify(folder, '--checkpoint', await kept(checkpoints[1]!));
    expect(stdout).toContain('the log was forked or rewritten');
    expect(code).toBe(1);
    // Without the key he has to leave the tree as it was.
    const old = join(root, 'rewritten-under-the-old-tree');
    await inLog(old, async (store) => {
      const tree = await inLog(whole, (original) => readAll(original, PROOF));
      for (const [stream, events] of streams) {
        const written = stream === REQUEST ? rechained(rewritten, 4) : events;
        await store.append({ stream, expectedRevision: 'no_stream', events: written });
      }
      await store.append({ stream: PROOF, expectedRevision: 'no_stream', events: tree });
    });
    const found = await verify(old);
    expect(found.stdout).toContain(
      `Events that are not those that the tree holds: ${HISTORY.length - 4}.\n  revision 4 of ${REQUEST}`,
    );
    expect(found).toMatchObject({ code: 1, stdout: expect.stringMatching(/Verdict: altered\.\n$/) });
  });

  it('finds a log shorter than a checkpoint that was kept', async () => {
    const folder = join(root, 'restored');
    await write(
      folder,
      streams.map(([name, events]) => [name, events.slice(0, 2)]),
    );
    const { code, stdout } = await verify(folder, '--checkpoint', await kept(checkpoints[1]!));
    expect(stdout).toMatch(/has \d+ leaves, and the tree of this log has \d+/);
    expect(code).not.toBe(0);
  });

  it('takes no checkpoint of another key', async () => {
    const foreign = await write(join(root, 'foreign'), streams.slice(0, 2)).then(() => checkpoints[0]!);
    const { code, stdout } = await verify(
      whole,
      '--checkpoint',
      await kept(foreign.replace('log.example', 'log.other')),
    );
    expect(stdout).toContain('is not signed by a key of the log');
    expect(code).toBe(1);
  });

  it('counts the events that are not in the tree yet', async () => {
    const folder = join(root, 'behind');
    await cp(whole, folder, { recursive: true });
    await inLog(folder, async (store) => {
      const [event] = HISTORY;
      await store.append({
        stream: `${CATEGORY}-0197e0cb-0000-4000-8000-0000000000aa`,
        expectedRevision: 'no_stream',
        events: rechained([event!], 0),
      });
    });
    const { code, stdout } = await verify(folder);
    expect(stdout).toContain('Events that are not in the tree yet: 1.\n');
    expect(code).toBe(0);
  });

  it('refuses a bundle that is none, and files that are not there', async () => {
    expect(await verify(whole, '--bundle', await kept('{}'))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The bundle does not hold.'),
    });
    expect(await verify(whole, '--bundle', join(root, 'none'))).toMatchObject({ code: 2, stdout: '' });
    expect(await verify(whole, '--bundle', 'a', '--checkpoint', 'b')).toMatchObject({ code: 2, stdout: '' });
  });
});
