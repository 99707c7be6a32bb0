import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDataDir, type DataDir } from '../../../src/infrastructure/process/data-dir.ts';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../src/infrastructure/embedded/embedded-postgres.ts';
import { processesIn, quiet } from './host-process.ts';

/** Asks one thing over a connection of its own. */
async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('The embedded PostgreSQL', () => {
  let root: string;
  let dataDir: DataDir;
  let running: EmbeddedPostgres | undefined;
  const lines: string[] = [];

  async function start(): Promise<EmbeddedPostgres> {
    running = await startEmbeddedPostgres({
      dataDir,
      log: (level, message) => lines.push(`${level} ${message}`),
      durability: 'full',
    });
    return running;
  }

  /** Starts it and stops it again at once when it should not have started. */
  async function refusal(): Promise<string> {
    return start().then(
      () => 'it started',
      (error: unknown) => (error as Error).message,
    );
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'embedded-'));
    dataDir = await openDataDir(join(root, 'data'));
  });

  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await quiet(root, 2_000);
  });

  afterAll(async () => {
    await dataDir.release();
    await rm(root, { recursive: true, force: true });
  });

  const inside = (...names: string[]): string => join(dataDir.path, 'postgres', ...names);

  test('finds at the second start what was written at the first, with the same password', async () => {
    const first = await start();
    expect(first.state).toBe('running');
    await ask(first.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)');
    const { password } = new URL(first.url);
    await first.stop();
    expect(first.state).toBe('stopped');
    await first.stop();

    const second = await start();
    expect(new URL(second.url).password).toBe(password);
    expect(await ask(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    expect(lines.filter((line) => !line.startsWith('info'))).toEqual([]);
    expect(lines.join()).not.toContain(password);
  });

  test('is durable, in UTF-8 and UTC, and the service is no superuser in it', async () => {
    const { url } = await start();
    const settings = await ask(
      url,
      `SELECT current_setting('fsync') fsync, current_setting('synchronous_commit') commit,
              current_setting('full_page_writes') pages, current_setting('server_encoding') encoding,
              current_setting('timezone') zone, current_setting('max_connections') connections,
              (SELECT datcollate FROM pg_database WHERE datname = current_database()) collation,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) super`,
    );
    expect(settings).toEqual([
      {
        fsync: 'on',
        commit: 'on',
        pages: 'on',
        encoding: 'UTF8',
        zone: 'UTC',
        connections: '50',
        collation: 'C',
        super: false,
      },
    ]);
  });

  test('lets in its own role alone, with the password alone, over the loopback device alone', async () => {
    const { url } = await start();
    const wrongPassword = new URL(url);
    wrongPassword.password = 'wrong';
    await expect(ask(wrongPassword.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    const superuser = new URL(url);
    superuser.username = 'postgres';
    await expect(ask(superuser.href, 'SELECT 1')).rejects.toMatchObject({ code: '28000' });

    const outer = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (outer) {
      const elsewhere = new URL(url);
      elsewhere.hostname = outer.address;
      await expect(ask(elsewhere.href, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    expect((await stat(inside('password'))).mode & 0o777).toBe(0o600);
    expect((await stat(inside('data'))).mode & 0o777).toBe(0o700);
  });

  test('shows neither its password nor the service’s environment in its command line', async () => {
    const { url, pid } = await start();
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    expect(command).not.toContain(new URL(url).password);
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    expect(environment).not.toContain('npm_');
    expect(environment).not.toContain('HOME=');
  });

  test('mends a lost password and removes what an interrupted first start left', async () => {
    await rm(inside('password'));
    await mkdir(join(dataDir.path, 'postgres.new-0123', 'data'), { recursive: true });
    const { url } = await start();
    expect(await ask(url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    expect(await readdir(dataDir.path)).toEqual(expect.arrayContaining(['lock', 'lock.pid', 'postgres']));
    expect((await readdir(dataDir.path)).filter((name) => name.includes('new'))).toEqual([]);
  });

  test('says what to do when the password is a wrong one, and leaves no process', async () => {
    const path = inside('password');
    const right = await readFile(path);
    await writeFile(path, 'wrong\n');
    expect(await refusal()).toContain(`Remove ${path}`);
    expect(await processesIn(root)).toEqual([]);
    await writeFile(path, right);
  });

  test('says what to do about the data of another major version', async () => {
    const path = inside('data', 'PG_VERSION');
    const right = await readFile(path);
    await writeFile(path, '16\n');
    expect(await refusal()).toMatch(/was created by PostgreSQL 16, but this is version 18\. Move .* away/);
    await writeFile(path, right);
  });

  test('tells PostgreSQL’s own last words when it does not start, and leaves no process', async () => {
    const path = inside('data', 'global', 'pg_control');
    const right = await readFile(path);
    await writeFile(path, Buffer.alloc(right.length));
    expect(await refusal()).toMatch(/PostgreSQL did not start on .*Last log lines:\n(.*\n)*.*(PANIC|FATAL):/);
    expect(await processesIn(root)).toEqual([]);
    await writeFile(path, right);
    await start();
  });

  test('restarts on its port when that is free again', async () => {
    const { url, pid } = await start();
    process.kill(pid, 'SIGKILL');
    const thief = createServer();
    const port = Number(new URL(url).port);
    // The port is taken in the moment in which it is free.
    for (let taken = false; !taken;) {
      taken = await new Promise((resolve) => {
        thief.once('error', () => {
          resolve(false);
        });
        thief.listen(port, '127.0.0.1', () => {
          resolve(true);
        });
      });
    }
    const complaint = /could not bind|Address already in use/;
    while (!lines.some((line) => complaint.test(line))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running?.state).toBe('restarting');
    await new Promise((resolve) => thief.close(resolve));
    while (running?.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ask(url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
  });
});
