import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { clearRemains } from '../../src/infrastructure/embedded/postgres-remains.ts';
import { waitUntil } from '../../src/infrastructure/process/processes.ts';
import { processesIn, quiet, runs, startHost, type HostProcess } from '../integration/embedded/host-process.ts';

/** The promise: after the service is gone, its PostgreSQL is gone within this time. */
const GONE_WITHIN_MS = 5_000;

const clients: pg.Client[] = [];

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

describe('Around the embedded PostgreSQL', () => {
  let root: string;
  let dataDir: string;
  let hosts: HostProcess[] = [];

  function host(): HostProcess {
    const started = startHost({ dataDir });
    hosts.push(started);
    return started;
  }

  /** The data of a service that was started and stopped, to be copied: a first start costs half a second. */
  let template: string;

  function useTemplate(): void {
    copy(template, dataDir);
  }

  async function guards(): Promise<{ pid: number }[]> {
    return (await processesIn(dataDir)).filter(({ name }) => name === 'sh');
  }

  /** The service has ended PostgreSQL itself and waited for that, so there was nothing left to do for a guard. */
  async function expectEnded(): Promise<void> {
    expect(await firstsIn(dataDir)).toEqual([]);
    // A process that ends while it is looked at is seen once more: its folder and its name are read one after the other.
    await quiet(dataDir, 1_000);
  }

  beforeAll(async () => {
    template = await mkdtemp(join(tmpdir(), 'faults-template-'));
    const first = startHost({ dataDir: template });
    hosts.push(first);
    await first.ready();
    await first.stop();
  });

  afterAll(async () => {
    await Promise.all(hosts.map((one) => one.kill()));
    await rm(template, { recursive: true, force: true });
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'faults-'));
    dataDir = join(root, 'data');
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
    await Promise.all(hosts.filter(({ child }) => child.exitCode === null).map((one) => one.kill()));
    hosts = [];
    await quiet(root, GONE_WITHIN_MS);
    await rm(root, { recursive: true, force: true });
  });

  test('a kill -9 of the service while it works ends PostgreSQL in time, and committed rows are there at the next start', async () => {
    useTemplate();
    const first = host();
    const { url, postgres } = await first.ready();
    const client = await connect(url);
    await client.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
    await client.query('BEGIN; INSERT INTO kept VALUES (2)');
    const sleeping = await connect(url);
    const busy = await connect(url);
    void sleeping.query('SELECT pg_sleep(60)').catch(() => undefined);
    void busy.query('DO $$ BEGIN LOOP NULL; END LOOP; END $$').catch(() => undefined);
    // Not asked by `client`: what a transaction sees of the others' activity does not change.
    const observer = await connect(url);
    const working = async (): Promise<boolean> =>
      (await observer.query(`SELECT 1 FROM pg_stat_activity WHERE state = 'active'`)).rowCount === 3;
    expect(await waitUntil(working, 5_000)).toBe(true);

    await first.kill();
    await quiet(dataDir, GONE_WITHIN_MS);
    expect(await runs(postgres)).toBe(false);
    expect(await waitUntil(async () => (await guards()).length === 0, GONE_WITHIN_MS)).toBe(true);

    const second = host();
    const again = await connect((await second.ready()).url);
    expect((await again.query('SELECT n FROM kept')).rows).toEqual([{ n: 1 }]);
  });

  test('a kill -9 ends a PostgreSQL too that does not listen to a fast shutdown', async () => {
    useTemplate();
    const first = host();
    const { postgres } = await first.ready();
    process.kill(postgres, 'SIGSTOP');
    await first.kill();
    await quiet(dataDir, GONE_WITHIN_MS);
  });

  test('a start right after the kill waits for the old server, and never runs beside it', async () => {
    useTemplate();
    const first = host();
    const { postgres } = await first.ready();
    // Its guard needs 3.5 s to end it: the next start comes in the midst of that.
    process.kill(postgres, 'SIGSTOP');
    await first.kill();
    const second = host();
    await second.ready();
    expect(await runs(postgres)).toBe(false);
    expect(second.events).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining(`(process ${postgres}`) }),
    );
  });

  /** Moments of a very first start, in their order. */
  const places = {
    'the first files': async () => existsSync(join(await newFolder(), 'data', 'PG_VERSION')),
    'a second database': async () => existsSync(join(await newFolder(), 'data', 'base', '4')),
    'the access rules': async () => (await sizeOf(join(await newFolder(), 'data', 'pg_hba.conf'))) === 54,
    'the service’s database': async () => (await namesIn(join(await newFolder(), 'data', 'base'))).length > 3,
    'the renamed folder': async () => existsSync(join(dataDir, 'postgres')),
    'the server’s lock file': async () => existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid')),
  };

  async function newFolder(): Promise<string> {
    return join(dataDir, (await namesIn(dataDir)).find((name) => name.startsWith('postgres.new-')) ?? 'none');
  }

  async function namesIn(path: string): Promise<string[]> {
    return readdir(path).catch(() => []);
  }

  async function sizeOf(path: string): Promise<number> {
    return stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  test.each(Object.keys(places) as (keyof typeof places)[])(
    'a kill -9 of the very first start, as soon as there is %s, does no lasting harm',
    async (place) => {
      const first = host();
      // Not by `waitUntil`: its 20 ms would miss most of these moments.
      for (; !(await places[place]()); await delay(1)) {
        if (first.child.exitCode !== null || first.events.some(({ event }) => event === 'ready')) {
          expect({ 'too late': first.events }).toBeNull();
        }
      }
      await first.kill();
      await quiet(dataDir, GONE_WITHIN_MS);

      const second = host();
      const client = await connect((await second.ready()).url);
      expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name: 'automation' }]);
      expect((await readdir(dataDir)).sort()).toEqual(['lock', 'lock.pid', 'postgres']);
    },
  );

  test('Ctrl-C reaches the service alone, which finishes its work before it ends PostgreSQL', async () => {
    useTemplate();
    const service = startHost({ dataDir }, { detached: true });
    hosts.push(service);
    await service.ready();
    // To the whole process group, as a terminal does.
    process.kill(-service.pid, 'SIGINT');
    await service.event('stopped');
    expect(service.events.map(({ event }) => event)).toContain('answered');
    await expectEnded();
  });

  test('a PostgreSQL that dies is started again, on the same address', async () => {
    useTemplate();
    const service = host();
    const { url, postgres } = await service.ready();
    await (await connect(url)).query('CREATE TABLE kept AS SELECT 1 AS n');
    for (const [signal, times] of [
      ['SIGKILL', 1],
      ['SIGQUIT', 2],
      ['SIGKILL', 3],
    ] as const) {
      const [now] = await firstsIn(dataDir);
      process.kill(now ?? postgres, signal);
      const back = (): boolean => service.events.filter(({ state }) => state === 'running').length === times;
      expect(await waitUntil(back, 10_000)).toBe(true);
      expect((await (await connect(url)).query('SELECT n FROM kept')).rows).toEqual([{ n: 1 }]);
    }
    expect(service.events.filter(({ state }) => state === 'restarting')).toHaveLength(3);
    expect(await runs(postgres)).toBe(false);
    await service.stop();
    expect(service.events.at(-2)).toEqual({ event: 'state', state: 'stopped' });
    await expectEnded();
  });

  test('a stop in the midst of a restart is a stop', async () => {
    useTemplate();
    const service = host();
    const { postgres } = await service.ready();
    process.kill(postgres, 'SIGKILL');
    expect((await service.event('state')).state).toBe('restarting');
    await service.stop();
    expect(service.child.exitCode).toBe(0);
    await expectEnded();
  });

  describe('a stale postmaster.pid', () => {
    const strangers: (() => void)[] = [];

    afterAll(() => {
      for (const end of strangers) end();
    });

    /** Writes the lock file that a server with this process id would have left in a crash. */
    async function leaveLock(firstLine: number | string): Promise<void> {
      const data = join(dataDir, 'postgres', 'data');
      const path = join(data, 'postmaster.pid');
      await writeFile(path, `${firstLine}\n${data}\n1700000000\n54321\n\n127.0.0.1\n  1234567         0\nready\n`);
      const { uid, gid } = await stat(data);
      await chown(path, uid, gid);
    }

    test('whose number is now that of another program of the same user: neither refused nor ended', async () => {
      useTemplate();
      // PostgreSQL itself takes any living process of its own user for a server, for ever.
      const { uid, gid } = await stat(join(dataDir, 'postgres', 'data'));
      const stranger = spawn('sleep', ['60'], { ...(process.geteuid?.() === 0 ? { uid, gid } : {}), stdio: 'ignore' });
      strangers.push(() => stranger.kill());
      await leaveLock(stranger.pid ?? 0);
      const second = host();
      await second.ready();
      await second.stop();
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    });

    test('whose number is now that of a PostgreSQL of another folder: neither refused nor ended', async () => {
      useTemplate();
      const elsewhere = join(root, 'elsewhere');
      copy(template, elsewhere);
      const other = startHost({ dataDir: elsewhere });
      hosts.push(other);
      const { postgres, url } = await other.ready();
      await leaveLock(postgres);
      await host().ready();
      expect(await runs(postgres)).toBe(true);
      await connect(url);
    });

    test('that names no process, or was cut short by a power failure: not refused', async () => {
      useTemplate();
      for (const firstLine of ['999999999', 'garbage', '']) {
        await leaveLock(firstLine);
        const one = host();
        expect(await runs((await one.ready()).postgres)).toBe(true);
        await one.stop();
      }
      await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), '');
      expect(await runs((await host().ready()).postgres)).toBe(true);
    });
  });

  test('a server that has lost its guard and its service is waited for, then ended; a stranger beside it is not', async () => {
    useTemplate();
    const first = host();
    const { postgres } = await first.ready();
    for (const { pid } of await guards()) process.kill(pid, 'SIGKILL');
    expect(await waitUntil(async () => (await guards()).length === 0, 5_000)).toBe(true);
    await first.kill();
    expect(await runs(postgres)).toBe(true);

    const lines: string[] = [];
    await clearRemains(join(dataDir, 'postgres', 'data'), {
      log: (_level, line) => lines.push(line),
      patienceMs: 200,
    });
    expect(await runs(postgres)).toBe(false);
    expect(lines.join('\n')).toContain(`PostgreSQL process ${postgres} did not end by itself; sending SIGINT.`);
    await host().ready();
  });
});

/** With owners and modes. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-Rp', from, to]);
  if (status !== 0) throw new Error(stderr.toString());
}

/** The first processes of the servers at work in the folder. */
async function firstsIn(folder: string): Promise<number[]> {
  const found = await Promise.all(
    (await processesIn(folder)).map(async ({ pid }) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.split('\0')[0]?.endsWith('/bin/postgres') ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
