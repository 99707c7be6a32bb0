/**
 * Builds the embedded node's package and the service into their `dist` folders.
 *
 *   node scripts/build.mjs              build both
 *   node scripts/build.mjs --if-stale   build only where a source is newer than the last build (start, test and install call this)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const nodeModules = join(root, 'node_modules');
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Node 24 or newer is needed here, and this is ${process.version}: on this platform the pinned runtime has no package, so install Node 24.`,
  );
  process.exit(1);
}

const targets = [
  {
    name: 'embedded-eventstoredb',
    sources: ['packages/embedded-eventstoredb/src', 'packages/embedded-eventstoredb/tsconfig.build.json'],
    out: 'packages/embedded-eventstoredb/dist',
    command: [join(nodeModules, 'typescript/bin/tsc'), '-p', 'packages/embedded-eventstoredb/tsconfig.build.json'],
  },
  {
    name: 'automation-backend',
    sources: ['src', 'tsconfig.build.json', 'tsconfig.base.json', 'nest-cli.json'],
    out: 'dist',
    command: [join(nodeModules, '@nestjs/cli/bin/nest.js'), 'build'],
  },
];

/** The time, in ms, of the newest file at or below `path`. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

for (const target of targets) {
  const out = join(root, target.out);
  const stamp = join(out, '.built');
  if (process.argv.includes('--if-stale') && existsSync(stamp)) {
    const changed = Math.max(...target.sources.map((source) => newest(join(root, source))));
    if (changed <= statSync(stamp).mtimeMs) continue;
  }
  // A file whose source is gone must not live on in the output.
  rmSync(out, { recursive: true, force: true });
  const result = spawnSync(process.execPath, target.command, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`Building ${target.name} failed.`);
    process.exit(result.status ?? 1);
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(stamp, '');
}
