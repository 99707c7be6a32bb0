/**
 * Runs the tests against the real Claude Code:  npm run test:claude [-- jest options]
 *
 * The CLI is large (about 380 MB) and needed for nothing else, so it is not a dependency. It is installed on first use, in the version the
 * kit was measured with, and kept. No test leaves the machine: a stand-in on the loopback interface plays the model.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = '2.1.330';
const root = join(import.meta.dirname, '..');
const folder = join(root, '.cache', 'claude-code');
const wrapper = join(folder, 'node_modules', '@anthropic-ai', 'claude-code');
const program = join(folder, 'node_modules', '.bin', 'claude');

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options }).status ?? 1;
}

function versionThere() {
  if (!existsSync(program)) return null;
  return spawnSync(program, ['--version'], { encoding: 'utf8', env: { PATH: process.env.PATH } }).stdout?.split(' ')[0];
}

if (versionThere() !== VERSION) {
  console.error(`Installing Claude Code ${VERSION} into ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  // A package.json of its own, so that npm does not treat the folder as part of this project.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
  if (run('npm', [...install, `@anthropic-ai/claude-code@${VERSION}`], { cwd: folder }) !== 0) process.exit(1);
  // The only install script that is needed: it puts the executable for this system in place.
  const placed = readFileSync(join(wrapper, 'package.json'), 'utf8').includes('install.cjs');
  if (placed && run(process.execPath, [join(wrapper, 'install.cjs')], { cwd: wrapper }) !== 0) process.exit(1);
  if (versionThere() !== VERSION) {
    console.error(`${program} is not Claude Code ${VERSION}.`);
    process.exit(1);
  }
}

const jest = join(root, 'node_modules/jest/bin/jest.js');
const args = [
  '--experimental-vm-modules',
  '--no-warnings',
  jest,
  ...process.argv.slice(2),
  // Must come last: it takes all arguments that follow.
  '--selectProjects',
  'claude',
];
process.exit(run(process.execPath, args, { env: { ...process.env, TEST_CLAUDE_PROGRAM: program } }));
