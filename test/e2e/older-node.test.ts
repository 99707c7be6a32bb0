/** The programs, started without npm by a Node.js that is too old for them: they go on in the one that came with the dependencies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OlderNode } from '../support/older-node.ts';
import { olderNodes, runUnder, startUnder } from '../support/older-node.ts';
import { processesWith } from '../support/processes.ts';
import { prepareDataDir } from '../support/server.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'packages/embedded-eventstoredb/bin');
const NEWER: OlderNode = { name: 'this one', program: process.execPath, env: {} };
const nodes = olderNodes();
/** The honest one, where there is one. */
const OLDER = nodes[1] ?? nodes[0];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-older-node-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
});

describe.each([...nodes])('under $name', (node) => {
  it.each([
    ['dist/worker/main.js', '--help'],
    ['dist/cli/keys.js', '--help'],
    ['dist/cli/kit.js', 'version'],
    ['dist/cli/verify.js', '--help'],
    ['dist/cli/demo.js', '--help'],
    ['packages/embedded-eventstoredb/bin/embedded-eventstoredb.mjs', '--help'],
  ])('%s %s prints the same as under a new one', async (program, word) => {
    const words = [join(ROOT, program), word];
    const ended = await runUnder(node, words);
    expect(ended).toEqual(await runUnder(NEWER, words));
    expect(ended).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/\S/) });
  });

  it('a misconfigured worker exits with 2 and one line', async () => {
    const ended = await runUnder(node, [join(ROOT, 'dist/worker/main.js'), '--concurrency', '0']);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr.trim().split('\n')).toEqual([expect.stringContaining('AUTOMATION_WORKER_CONCURRENCY')]);
  });

  it('explains in one line what to do, and exits with 2, if no newer one came with the dependencies', async () => {
    const alone = await mkdtemp(join(folder, 'alone-'));
    await cp(BIN, alone, { recursive: true });
    const ended = await runUnder(node, [join(alone, 'embedded-eventstoredb.mjs'), '--help']);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^Node\.js 24 or newer is needed, and this is 2\d\..* run npm ci .*\n$/);
  });
});

describe('the service under an older one', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('answers, and stops once when that gets %s', async (signal) => {
    const dataDir = await prepareDataDir(join(folder, `service-${signal}`));
    const child = startUnder(OLDER, [join(ROOT, 'dist/main.js')], { DATA_DIR: dataDir, PORT: '0' });
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      await until('it listens', () => output.includes('"msg":"listening"'), 30_000);
      const [, url = ''] = /"url":"([^"]+)"/.exec(output) ?? [];
      expect((await fetch(`${url}/api/v1/automation/health`)).status).toBe(200);
      child.kill(signal);
      await until('nothing is left', () => processesWith(`DATA_DIR=${dataDir}`).length === 0, 15_000);
      expect(await ended).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null]);
    } finally {
      for (const pid of processesWith(`DATA_DIR=${dataDir}`)) process.kill(pid, 'SIGKILL');
    }
    expect(output.match(/"msg":"stopping"/g)).toHaveLength(1);
    expect(output).toContain('"msg":"stopped"');
  });
});

describe('a program under an older one', () => {
  /** Of which the source is run in the newer one. */
  async function program(source: string): Promise<string> {
    const place = await mkdtemp(join(folder, 'program-'));
    await symlink(join(ROOT, 'node_modules'), join(place, 'node_modules'));
    const entry = `import { needNewNode } from 'embedded-eventstoredb/bundled-node';
      await needNewNode(import.meta.url);
      await import('./program.mjs');`;
    await writeFile(join(place, 'entry.mjs'), entry);
    await writeFile(join(place, 'program.mjs'), source);
    return join(place, 'entry.mjs');
  }

  it('keeps its options, arguments, standard streams and exit status, and passes nothing of this on', async () => {
    const entry = await program(`
      import { execFileSync } from 'node:child_process';
      import { text } from 'node:stream/consumers';
      const major = process.versions.node.split('.')[0];
      const passedOn = execFileSync(process.execPath, ['-p', 'String(process.env.STARTED_BY_OLDER_NODE) + process.connected']);
      const said = { isNew: major >= 24, words: process.argv.slice(2), options: process.execArgv, input: await text(process.stdin) };
      process.stdout.write(JSON.stringify({ ...said, passedOn: String(passedOn).trim() }));
      process.stderr.write('trouble');
      process.exitCode = 7;`);
    const ended = await runUnder(OLDER, ['--trace-exit', entry, 'a b', '--c'], { input: 'in' });
    expect(ended).toMatchObject({ status: 7, stderr: expect.stringContaining('trouble') });
    expect(JSON.parse(ended.stdout)).toEqual({
      isNew: true,
      words: ['a b', '--c'],
      options: ['--trace-exit'],
      input: 'in',
      passedOn: 'undefinedundefined',
    });
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGABRT'] as const)('dies by the same signal, %s', async (signal) => {
    const entry = await program(`process.kill(process.pid, '${signal}'); setInterval(() => undefined, 1_000);`);
    expect(await runUnder(OLDER, [entry])).toMatchObject({ status: null, signal });
  });

  it('gets Ctrl-C once', async () => {
    const entry = await program(`
      const got = [];
      for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {
        got.push(name);
        process.stdout.write(name === 'SIGINT' ? 'one\\n' : 'all: ' + got.join() + '\\n');
        if (name === 'SIGTERM') process.exit();
      });
      setInterval(() => undefined, 1_000);
      process.stdout.write('parent ' + process.ppid + '\\n');`);
    const { PATH = '' } = process.env;
    const env = { PATH, ...OLDER.env, TEST_PID: '' };
    // The terminal starts a shell that becomes the program; which of them is the child of the tests is not known before.
    const command = `TEST_PID=$PPID exec ${OLDER.program} ${entry}`;
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = once(terminal, 'close');
    let output = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      await until('it runs', () => /parent \d+\r?\n/.test(output), 10_000);
      const older = Number(/parent (\d+)/.exec(output)?.[1]);
      terminal.stdin.write('\x03');
      await until('it got Ctrl-C', () => output.includes('one'), 10_000);
      process.kill(older, 'SIGTERM');
      await ended;
    } finally {
      terminal.kill('SIGKILL');
    }
    expect(output).toMatch(/all: SIGINT,SIGTERM\r?\n/);
  });
});
