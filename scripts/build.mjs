/**
 * Builds the embedded node's package and the service into their `dist` folders, and the kit for Claude Code into `dist/kit`.
 *
 *   node scripts/build.mjs              build both
 *   node scripts/build.mjs --if-stale   build only where a source is newer than the last build (start, test and install call this)
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
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
useBundledNode();
const { bundleKit } = await import('./bundle-kit.mjs');

/**
 * Under an older Node the build goes on in the one that came with the dependencies. npm 10 installs it and does not link it where npm
 * scripts look for programs, so that is done here.
 */
function useBundledNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const program = join('bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const bundled = join(root, 'node_modules', name, program);
  const isThere = existsSync(bundled);
  const link = join(root, 'node_modules/.bin/node');
  if (isThere && process.platform !== 'win32' && !existsSync(link)) {
    rmSync(link, { force: true });
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join('..', name, program), link);
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  if (isThere) {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const { status } = spawnSync(bundled, args, { cwd: root, stdio: 'inherit' });
    process.exit(status ?? 1);
  }
  console.error(
    `Node 24 or newer is needed here, and this is ${process.version}. The one that comes with the dependencies is not there: npm left out` +
      ` the package ${name}, because this platform has none or because optional dependencies were switched off. Install Node 24.`,
  );
  process.exit(1);
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
    extra: ['tsconfig.base.json', 'package.json', '.claude'],
    // The second adds the types of the client, which others install; migrations must not have such files beside them.
    projects: ['tsconfig.build.json', 'tsconfig.client.json'],
    finish: buildKit,
  },
];

/** The kit for Claude Code, as it is installed in other repositories and run by the worker. */
async function buildKit(out) {
  await bundleKit(root, join(out, 'kit/scripts'));
  for (const part of ['commands', 'agents'])
    cpSync(join(root, '.claude', part), join(out, 'kit', part), { recursive: true });
}

/** The time, in ms, of the newest file at or below `path`. */
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
  // Built beside and moved into place: what runs from the old build keeps its files until then, a file whose source is gone does not
  // live on, and a build that is broken off leaves the last good one.
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
  // What was changed while it was being built is newer than the build.
  utimesSync(join(draft, '.built'), started, started);
  const old = join(base, `dist.old.${process.pid}`);
  if (existsSync(out)) renameSync(out, old);
  renameSync(draft, out);
  rmSync(old, { recursive: true, force: true });
}
