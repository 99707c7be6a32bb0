/**
 * Builds the embedded node's package and the service into their `dist` folders, bundles the service, and puts the kit for Claude Code into
 * `dist/kit`.
 *
 *   node scripts/build.mjs              builds both
 *   node scripts/build.mjs --if-stale   builds only what has sources newer than the last build (used by start, test and install)
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledNode, needNewNode } from '../packages/embedded-eventstoredb/bin/bundled-node.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = import.meta.url;
linkBundledNode();
await needNewNode(entry);
const { bundleKit } = await import('./bundle-kit.mjs');
const { bundleService } = await import('./bundle-service.mjs');

/** npm 10 installs the bundled Node but does not link it where npm scripts look for programs. */
function linkBundledNode() {
  const { program } = bundledNode(entry);
  const link = join(root, 'node_modules/.bin/node');
  if (program === undefined || process.platform === 'win32' || existsSync(link)) return;
  rmSync(link, { force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), program), link);
}

const targets = [
  {
    name: 'embedded-eventstoredb',
    folder: 'packages/embedded-eventstoredb',
    extra: [],
    projects: ['tsconfig.build.json'],
    finish: () => undefined,
  },
  {
    name: 'automation-backend',
    folder: '.',
    extra: ['tsconfig.base.json', 'package.json', 'package-lock.json', 'scripts', '.claude'],
    // The second project adds the client's types for other packages. The first must emit no declaration files: they would lie beside the
    // migrations and be run as such.
    projects: ['tsconfig.build.json', 'tsconfig.client.json'],
    finish: bundle,
  },
];

/** Bundles the service, and the kit for Claude Code, which is installed in other repositories and run by the worker. */
async function bundle(out) {
  await bundleService(root, out);
  await bundleKit(root, join(out, 'kit/scripts'));
  for (const part of ['commands', 'agents'])
    cpSync(join(root, '.claude', part), join(out, 'kit', part), { recursive: true });
}

/** Modification time in ms of the newest file at or below `path`. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

for (const { name, folder, extra, projects, finish } of targets) {
  const base = join(root, folder);
  const out = join(base, 'dist');
  const stamp = join(out, '.built');
  const sources = ['src', ...projects, ...extra].map((source) => join(base, source));
  if (process.argv.includes('--if-stale') && existsSync(stamp)) {
    if (Math.max(...sources.map(newest)) <= statSync(stamp).mtimeMs) continue;
  }
  // Built in a draft folder and moved into place: programs that run from the old build keep their files until then, files whose source is
  // gone disappear, and an interrupted build leaves the last good one.
  const draft = join(base, `dist.${process.pid}`);
  const started = new Date();
  for (const project of projects) {
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(base, project), '--outDir', draft];
    const { status } = spawnSync(process.execPath, [...tsc, '--noEmitOnError'], { cwd: root, stdio: 'inherit' });
    if (status === 0) continue;
    rmSync(draft, { recursive: true, force: true });
    console.error(`Building ${name} failed.`);
    process.exit(status ?? 1);
  }
  await finish(draft);
  writeFileSync(join(draft, '.built'), '');
  // Sources changed during the build must count as newer than the build.
  utimesSync(join(draft, '.built'), started, started);
  const old = join(base, `dist.old.${process.pid}`);
  if (existsSync(out)) renameSync(out, old);
  renameSync(draft, out);
  rmSync(old, { recursive: true, force: true });
}
