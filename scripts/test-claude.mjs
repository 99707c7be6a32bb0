/**
 * Runs the tests against the real Claude Code:  npm run test:claude [-- options of jest]
 *
 * The CLI is large (some 380 MB) and needed for nothing else, so it is no dependency: it is installed here when it is first needed, in
 * the version that the kit was measured with, and kept. No test leaves the machine; the model is a stand-in on the loopback address.
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
  // Of its own, so that npm does not take the folder for a part of this project.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
  if (run('npm', [...install, `@anthropic-ai/claude-code@${VERSION}`], { cwd: folder }) !== 0) process.exit(1);
  // Puts the program of this system in its place; it is the one install script that is wanted.
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
  // Takes all words that follow.
  '--selectProjects',
  'claude',
];
process.exit(run(process.execPath, args, { env: { ...process.env, TEST_CLAUDE_PROGRAM: program } }));
