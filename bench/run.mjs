/**
 * Measures the service and the baselines. `npm run bench -- --help` lists the options; README.md explains the results.
 *
 * Creates what is missing first: the build of the service, the dependencies of this package, and its own build.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const bench = import.meta.dirname;
const root = join(bench, '..');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    if (error) console.error(error.message);
    process.exit(status ?? 1);
  }
}

/** Modification time in ms of the newest file at or below `path`; 0 if there is none. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

run(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale']);

const installed = newest(join(bench, 'node_modules/.package-lock.json'));
if (installed < newest(join(bench, 'package-lock.json'))) {
  console.log('Installing what the benchmarks need in addition to the service.');
  const npm = process.env.npm_execpath;
  run(...(npm ? [process.execPath, [npm, 'ci', '--prefix', bench]] : ['npm', ['ci', '--prefix', bench]]));
}

const sources = ['baselines', 'harness', 'tsconfig.json'].map((name) => newest(join(bench, name)));
if (newest(join(bench, 'dist')) < Math.max(...sources)) {
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', bench]);
}

await import('./dist/harness/main.js');
