/**
 * Runs recorded answers of a real EventStoreDB against the embedded node, started as a separate process with an empty in-memory log.
 *
 *   node scripts/conformance.mjs FOLDER [ARGUMENTS]   runs FOLDER/run.mjs with --url and the arguments; passes on its output and exit
 *                                                     code
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? '.');
const START_LIMIT_MS = 20_000;

const bin = join(root, 'packages/embedded-eventstoredb/bin/embedded-eventstoredb.mjs');
const node = spawn(process.execPath, [bin, '--in-memory', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const timer = setTimeout(() => node.kill(), START_LIMIT_MS);
let url;
for await (const line of createInterface({ input: node.stdout })) {
  url = /esdb:\/\/\S+/.exec(line)?.[0];
  if (url) break;
}
clearTimeout(timer);
if (!url) {
  console.error('The embedded node did not start.');
  process.exit(1);
}
const run = spawn(process.execPath, [join(folder, 'run.mjs'), '--url', url, ...process.argv.slice(3)], {
  cwd: root,
  stdio: 'inherit',
});
const [code] = await once(run, 'exit');
node.kill();
await once(node, 'exit');
process.exit(code ?? 1);
