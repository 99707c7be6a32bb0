import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStreams } from '../../../src/event-sourcing/testing/fixtures.ts';
import type { Verification } from '../../../src/event-sourcing/verify-log.ts';
import { verifyLog } from '../../../src/event-sourcing/verify-log.ts';
import { openDataDir } from '../../../src/infrastructure/process/data-dir.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { event } from '../../support/events.ts';
import { EventStoreNode } from '../../support/event-store-node.ts';
import { alterStream } from '../../support/foreign-events.ts';
import { Tampering } from '../../support/tampering.ts';
import { until } from '../../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/verify.js', import.meta.url));
const CATEGORY = 'automation_request';
const streams = [...readStreams().entries()];
const eventCount = streams.reduce((sum, [, { length }]) => sum + length, 0);
const REQUEST = streams.find(([name, { length }]) => name.startsWith(`${CATEGORY}-`) && length > 20)?.[0] ?? '';
const KEYS = `${CATEGORY}:api_keys-all`;
const REFUSALS = streams.find(([name]) => name.startsWith(`${CATEGORY}:audit-`))?.[0] ?? '';

let root: string;
/** A data folder with a log of every event that was ever stored, and an event of somebody else. */
let whole: string;

async function fill(store: EventStore): Promise<void> {
  // By turns, so that the chains lie between each other.
  for (let revision = 0; streams.some(([, { length }]) => length > revision); revision += 1) {
    for (const [stream, events] of streams) {
      const written = events[revision];
      const expectedRevision = revision === 0 ? 'no_stream' : revision - 1;
      if (written) await store.append({ stream, expectedRevision, events: [written] });
    }
  }
  await store.append({ stream: `${CATEGORY}2-other`, expectedRevision: 'no_stream', events: [event()] });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'automation-verify-'));
  whole = join(root, 'whole');
  const store = await startEventStore({ kind: 'embedded', path: join(whole, 'eventstore') });
  await fill(store);
  await store.close();
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of the whole log, in which somebody has been. */
async function tampered(tamper: (log: Tampering) => void): Promise<string> {
  const folder = join(root, `copy-${(await readdir(root)).length}`);
  await cp(whole, folder, { recursive: true });
  const log = new Tampering(join(folder, 'eventstore'));
  tamper(log);
  log.close();
  return folder;
}

async function verified(folder: string, keptLinks?: number): Promise<Verification> {
  const store = await startEventStore({ kind: 'embedded', path: join(folder, 'eventstore') });
  try {
    return await verifyLog(store, CATEGORY, keptLinks === undefined ? {} : { keptLinks });
  } finally {
    await store.close();
  }
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runVerify(env: Readonly<Record<string, string>>, ...words: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 50_000 };
    execFile(process.execPath, [PROGRAM, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr });
    });
  });
}

describe.each([
  ['with the links of all streams in memory', undefined],
  ['with one link in memory', 1],
])('verification of a log, %s', (_, keptLinks) => {
  it('accepts an untouched log, and ignores foreign events', async () => {
    const found = await verified(whole, keptLinks);
    expect(found).toEqual({ events: eventCount, streams: streams.length, truncated: new Set(), brokenAt: null });
  });

  it.each([
    [
      'data of a request',
      REQUEST,
      0,
      'hash',
      (log: Tampering) => log.replace({ stream: REQUEST, revision: 0 }, 'Add', 'Bad'),
    ],
    [
      'metadata',
      REQUEST,
      9,
      'hash',
      (log: Tampering) => log.replace({ stream: REQUEST, revision: 9 }, '2026-', '2025-'),
    ],
    [
      'type',
      REQUEST,
      0,
      'hash',
      (log: Tampering) => log.replace({ stream: REQUEST, revision: 0 }, 'Submitted', 'Submittee'),
    ],
    ['id', REQUEST, 3, 'hash', (log: Tampering) => log.replace({ stream: REQUEST, revision: 3 }, '-5000-', '-5001-')],
    ['key', KEYS, 1, 'hash', (log: Tampering) => log.replace({ stream: KEYS, revision: 1 }, 'worker', 'admin_')],
    [
      'refusal',
      REFUSALS,
      1,
      'hash',
      (log: Tampering) => log.replace({ stream: REFUSALS, revision: 1 }, '10.0.0.1', '10.0.0.9'),
    ],
  ] as const)('finds a changed byte: %s', async (_what, stream, revision, reason, tamper) => {
    const { brokenAt } = await verified(await tampered(tamper), keptLinks);
    expect(brokenAt).toEqual({ stream, revision, reason });
  });

  it('finds reordered events', async () => {
    const folder = await tampered((log) => {
      log.exchange({ stream: KEYS, revision: 2 }, { stream: KEYS, revision: 4 });
    });
    expect((await verified(folder, keptLinks)).brokenAt).toEqual({
      stream: KEYS,
      revision: 2,
      reason: 'previous-hash',
    });
  });

  it('finds a missing event', async () => {
    const folder = await tampered((log) => log.remove({ stream: REQUEST, revision: 4 }));
    expect((await verified(folder, keptLinks)).brokenAt).toEqual({ stream: REQUEST, revision: 5, reason: 'gap' });
  });
});

describe('npm run verify', () => {
  it('exits with 0 if every hash is right', async () => {
    const run = await runVerify({ DATA_DIR: whole });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`Every hash holds: ${eventCount} events of ${streams.length} streams.\n`);
    expect(run.stdout).toMatch(
      /The tree has 3 leaves\. Checkpoints that hold: 1, .*\nEvents that are not in the tree yet: \d+\.\nVerdict: intact\.\n$/,
    );
  });

  it('exits with 1 otherwise, and names stream and revision', async () => {
    const folder = await tampered((log) => log.replace({ stream: KEYS, revision: 3 }, 'abk_3d4e', 'abk_3d4f'));
    const run = await runVerify({ DATA_DIR: folder });
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(run.stdout).toContain(`Broken at revision 3 of ${KEYS}: its id, type, data or metadata was changed.\n`);
  });

  it('exits with 2, and says why, if it cannot read the log', async () => {
    expect(await runVerify({ DATA_DIR: whole }, '--fast')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--fast'),
    });
    const none = join(root, 'none');
    expect(await runVerify({ DATA_DIR: none })).toMatchObject({ code: 2, stderr: expect.stringContaining(none) });
    await expect(readdir(none)).rejects.toMatchObject({ code: 'ENOENT' });
    const away = { EVENTSTORE_CONNECTION_STRING: 'esdb://127.0.0.1:1?tls=false' };
    expect(await runVerify(away)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/\S/) });
  });

  it('says that the log is in use while the service runs', async () => {
    const service = await openDataDir(whole);
    try {
      const run = await runVerify({ DATA_DIR: whole });
      expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`process ${process.pid}`) });
      expect(run.stderr).toContain('The service has to be stopped');
    } finally {
      await service.release();
    }
  });

  it('tells truncated streams of a server from broken ones', async () => {
    const node = await EventStoreNode.create();
    try {
      const { connectionString } = node;
      const store = await startEventStore({ kind: 'eventstoredb', connectionString });
      await until(
        'the node answers',
        () =>
          store.tail().then(
            () => true,
            () => false,
          ),
        30_000,
      );
      await fill(store);
      await store.close();
      await alterStream(connectionString, REQUEST, 'truncate');
      const run = await runVerify({ EVENTSTORE_CONNECTION_STRING: connectionString });
      expect(run).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Every hash holds') });
      expect(run.stdout).toContain(`only what is left of them was verified: 1.\n  ${REQUEST}\n`);
    } finally {
      await node.dispose();
    }
  });
});
