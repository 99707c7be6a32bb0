import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUseError, DataDirUnusableError, openDataDir } from '../../../src/infrastructure/process/data-dir.ts';
import { startHost } from './host-process.ts';

describe('The data folder', () => {
  let root: string;
  let path: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'data-dir-'));
    path = join(root, 'a', 'b');
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  test('is made for its owner alone, and one that is there keeps its mode', async () => {
    const made = await openDataDir(path);
    expect(made.path).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, 'lock'))).mode & 0o777).toBe(0o600);
    await made.release();

    await chmod(path, 0o750);
    const found = await openDataDir(path);
    expect((await stat(path)).mode & 0o777).toBe(0o750);
    await found.release();
  });

  test('is refused to a second opener of the same process, and free after the release', async () => {
    const first = await openDataDir(path);
    await expect(openDataDir(path)).rejects.toMatchObject({
      name: 'DataDirInUseError',
      path,
      holder: process.pid,
    });
    // The refusal must not have cost the first one its lock, as closing any descriptor of the lock file would.
    await expect(openDataDir(path)).rejects.toBeInstanceOf(DataDirInUseError);
    const other = startHost({ dataDir: path, lockOnly: true });
    expect(await other.event('error')).toMatchObject({ name: 'DataDirInUseError' });

    await first.release();
    await first.release();
    const second = await openDataDir(path);
    await second.release();
  });

  test('is refused to a second process in one line that names the folder and the holder', async () => {
    const holder = startHost({ dataDir: path, lockOnly: true });
    await holder.event('ready');
    const refused = startHost({ dataDir: path, lockOnly: true });
    expect(await refused.event('error')).toEqual({
      event: 'error',
      name: 'DataDirInUseError',
      message: `The data folder ${path} is in use by process ${holder.pid}: stop it first, or set DATA_DIR to another folder.`,
    });
    await refused.ended();
    await holder.stop();
  });

  test('is free at once when its holder was killed with -9, and the next refusal names the new holder', async () => {
    const killed = startHost({ dataDir: path, lockOnly: true });
    await killed.event('ready');
    await killed.kill();

    const next = await openDataDir(path);
    await expect(openDataDir(path)).rejects.toMatchObject({ holder: process.pid });
    await next.release();
  });

  test('goes to exactly one of many who open it at once', async () => {
    const hosts = Array.from({ length: 4 }, () => startHost({ dataDir: path, lockOnly: true }));
    const outcomes = await Promise.all(
      hosts.map(async (host) => Promise.any([host.event('ready'), host.event('error')])),
    );
    expect(outcomes.filter(({ event }) => event === 'ready')).toHaveLength(1);
    expect(outcomes.filter(({ name }) => name === 'DataDirInUseError')).toHaveLength(3);
    await Promise.all(hosts.map((host) => host.kill()));
  });

  test('is refused in one line when it cannot be a folder or its lock is no lock', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(openDataDir(join(root, 'file'))).rejects.toBeInstanceOf(DataDirUnusableError);
    await expect(openDataDir(join(root, 'file', 'below'))).rejects.toThrow(/^\/.* cannot be used: .*$/);

    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'lock'), 'x'.repeat(5_000));
    await expect(openDataDir(path)).rejects.toBeInstanceOf(DataDirUnusableError);
  });
});
