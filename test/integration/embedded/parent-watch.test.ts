import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { watchParent } from '../../../src/infrastructure/process/parent-watch.ts';
import { waitUntil } from '../../../src/infrastructure/process/processes.ts';
import { HostProcess, quiet, runs, type Ready } from './host-process.ts';

describe('The watch of the parent', () => {
  let root: string;
  let dataDir: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'parent-'));
    dataDir = join(root, 'data');
    const host = join(import.meta.dirname, 'host.ts');
    const options = JSON.stringify({ dataDir }).replaceAll('"', '\\"');
    const start = `exec node --no-warnings "${host}" "${options}"`;
    await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts: { start } }));
  });

  afterEach(async () => {
    await quiet(root, 5_000);
    await rm(root, { recursive: true, force: true });
  });

  /** A shell or npm that starts the service in small, with none of the variables of the npm that runs these tests. */
  function run(command: string, args: readonly string[]): HostProcess {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    return new HostProcess(command, args, { cwd: root, env });
  }

  /** The same npm that runs these tests, if one does. */
  function runNpm(): HostProcess {
    const npm = process.env.npm_execpath;
    return npm?.endsWith('.js') ? run(process.execPath, [npm, 'start']) : run('npm', ['start']);
  }

  async function gone(pid: number): Promise<boolean> {
    return await waitUntil(async () => !(await runs(pid)), 5_000);
  }

  test('ends the service and its PostgreSQL in good order after a kill -9 of npm', async () => {
    const npm = runNpm();
    const { pid, postgres } = (await npm.event('ready')) as unknown as Ready;
    expect(pid).not.toBe(npm.pid);
    process.kill(npm.pid, 'SIGKILL');
    expect(await gone(npm.pid)).toBe(true);
    await npm.event('orphaned');
    await npm.event('stopped');
    expect(await gone(pid)).toBe(true);
    expect(await gone(postgres)).toBe(true);
  });

  test('does not look for the parent of a service that npm did not start', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    // Not `exec`: the shell lives on as the parent.
    const shell = run('/bin/sh', ['-c', `${scripts.start.replace('exec ', '')}; true`]);
    const { pid } = (await shell.event('ready')) as unknown as Ready;
    expect(pid).not.toBe(shell.pid);
    process.kill(shell.pid, 'SIGKILL');
    expect(await gone(shell.pid)).toBe(true);
    // Twice as long as it would take it to notice.
    expect(await waitUntil(() => shell.events.some(({ event }) => event === 'orphaned'), 1_000)).toBe(false);
    process.kill(pid, 'SIGINT');
    expect(await gone(pid)).toBe(true);
  });

  test('says nothing while the parent lives, and keeps no process alive', () => {
    const onOrphaned = jest.fn();
    const env = { npm_lifecycle_event: 'start' };
    const watch = watchParent({ onOrphaned, env, intervalMs: 1 });
    const module = join(import.meta.dirname, '..', '..', '..', 'src/infrastructure/process/parent-watch.ts');
    const script = `const { watchParent } = await import(${JSON.stringify(module)}); watchParent({ onOrphaned() {} });`;
    const child = spawnSync(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], {
      env: { ...process.env, ...env },
      timeout: 10_000,
    });
    expect(child.status).toBe(0);
    watch.stop();
    expect(onOrphaned).not.toHaveBeenCalled();
  });
});
