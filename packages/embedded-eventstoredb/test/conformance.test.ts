import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstLine, startCommand } from './support/command-line.ts';
import { Bench } from './support/bench.ts';

/**
 * A folder with recorded answers of a real server and the `run.mjs` that compares them. Without it these tests do
 * not run, and say so.
 */
const folder = process.env.TEST_CONFORMANCE_DIR;
const LIMIT_MS = 600_000;

(folder ? describe : describe.skip)('the answers of a real server', () => {
  const bench = new Bench();
  afterEach(() => bench.clean());

  /** The last line that the runner prints, and every scenario that differs. */
  async function compare(url: string): Promise<string[]> {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const runner = spawn(process.execPath, [join(folder!, 'run.mjs'), '--url', url], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    bench.atEnd(() => runner.kill('SIGKILL'));
    let out = '';
    runner.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await once(runner, 'close');
    const lines = out.trim().split('\n');
    return [...lines.filter((line) => !line.startsWith('ok ')).slice(0, 50)];
  }

  it(
    'are given by a node in this process, and again on the data it left',
    async () => {
      const dataDir = bench.directory();
      const { connectionString } = await bench.node({ dataDir });
      expect(await compare(connectionString)).toEqual([expect.stringMatching(/^\d+ passed, 0 failed$/)]);
      expect(await compare(connectionString)).toEqual([expect.stringMatching(/^\d+ passed, 0 failed$/)]);
    },
    LIMIT_MS,
  );

  it(
    'are given by a node in its own process',
    async () => {
      const url = await firstLine(startCommand(bench, '--in-memory', '--port', '0'));
      expect(await compare(url)).toEqual([expect.stringMatching(/^\d+ passed, 0 failed$/)]);
    },
    LIMIT_MS,
  );
});
