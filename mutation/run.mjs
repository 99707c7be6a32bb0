/** Runs the mutation tests, after installing what they need. Further options are passed to Stryker. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '..');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    if (error) console.error(error.message);
    process.exit(status ?? 1);
  }
}

const installed = join(here, 'node_modules/.package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(here, 'package-lock.json')).mtimeMs) {
  const npm = process.env.npm_execpath;
  run(...(npm ? [process.execPath, [npm, 'ci', '--prefix', here]] : ['npm', ['ci', '--prefix', here]]));
}
const stryker = join(here, 'node_modules/@stryker-mutator/core/bin/stryker.js');
run(process.execPath, [stryker, 'run', join(here, 'stryker.config.mjs'), ...process.argv.slice(2)]);
