import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Kit, KitFile, KitPlace } from './kit.ts';
import { fitted, quoted } from './kit.ts';
import { nodeTrouble } from './node-program.ts';
import { mergeSettings } from './settings.ts';

export interface InstallOptions {
  /** A repository's folder, its `.claude`, or a config folder of Claude Code such as `~/.claude`. Absolute. */
  readonly dir: string;
  /** The Node that runs the scripts: a name that the PATH leads to, or an absolute path. */
  readonly node: string;
  /** Whether files that somebody has changed are replaced. */
  readonly overwrite: boolean;
}

export interface Installation {
  readonly kind: 'repository' | 'config folder';
  /** Where the files lie. */
  readonly folder: string;
  readonly written: readonly string[];
  /** Changed by somebody, and left as they are. */
  readonly kept: readonly string[];
  /** Where the settings were before, when they were changed. */
  readonly settingsBackup: string | null;
  /** What somebody should know. */
  readonly warnings: readonly string[];
}

/** What was installed, so that the next time a file that somebody has changed is told from one that is old. */
interface Manifest {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

const MANIFEST = 'automation-kit.json';

/** It cannot be installed here, and nothing was written. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/**
 * Puts the kit into a folder, or brings the one that is there up to date. Installing twice changes nothing. Settings are merged: what is
 * not the kit's stays, and a file that somebody has changed is kept unless `overwrite` is given.
 *
 * @throws InstallError
 */
export async function install(kit: Kit, { dir, node, overwrite }: InstallOptions): Promise<Installation> {
  const { kind, folder } = await placeOf(dir);
  const trouble = await nodeTrouble(node, process.env);
  if (trouble !== null)
    throw new InstallError(`${trouble}. Nothing was written: name one with --node, which then stands in the files.`);
  const place = kitPlace(kind, folder, node);
  const settings = mergeSettings(await readText(join(folder, 'settings.json')), place);
  if ('problem' in settings) throw new InstallError(`${join(folder, 'settings.json')}: ${settings.problem}`);

  const files = fitted(kit, place);
  const before = await readManifest(folder);
  const written: string[] = [];
  const kept: string[] = [];
  for (const file of files) {
    const there = await readText(join(folder, file.path));
    if (there === file.content) continue;
    if (there !== null && !overwrite && hashOf(there) !== before?.files[file.path]) {
      kept.push(file.path);
      continue;
    }
    await writeWhole(join(folder, file.path), file.content);
    if (file.path.endsWith('.mjs')) await chmod(join(folder, file.path), 0o755);
    written.push(file.path);
  }
  const settingsBackup = await writeSettings(folder, settings.before, settings.text);
  if (settings.text !== settings.before) written.push('settings.json');
  const manifest = `${JSON.stringify(manifestOf(kit, files), null, 2)}\n`;
  if ((await readText(join(folder, MANIFEST))) !== manifest) await writeWhole(join(folder, MANIFEST), manifest);
  return { kind, folder, written, kept, settingsBackup, warnings: settings.warnings };
}

/** The version that is installed in a folder, and the files that are not as they were installed; null when none is. */
export async function installedVersion(
  dir: string,
): Promise<{ readonly version: string; readonly changed: readonly string[] } | null> {
  const { folder } = await placeOf(dir);
  const manifest = await readManifest(folder);
  if (!manifest) return null;
  const changed: string[] = [];
  for (const [path, hash] of Object.entries(manifest.files)) {
    const there = await readText(join(folder, path));
    if (there === null || hashOf(there) !== hash) changed.push(path);
  }
  return { version: manifest.version, changed };
}

async function placeOf(dir: string): Promise<{ kind: Installation['kind']; folder: string }> {
  const info = await stat(dir).catch(() => null);
  if (info && !info.isDirectory()) throw new InstallError(`${dir} is no folder.`);
  if (await stat(join(dir, '.git')).catch(() => null)) return { kind: 'repository', folder: join(dir, '.claude') };
  const inRepository = basename(dir) === '.claude' && (await stat(join(dirname(dir), '.git')).catch(() => null));
  return { kind: inRepository ? 'repository' : 'config folder', folder: dir };
}

/** A repository may lie anywhere; a config folder serves any project, and is named in full. */
function kitPlace(kind: Installation['kind'], folder: string, node: string): KitPlace {
  if (kind === 'repository')
    return { node, scripts: '.claude/scripts', hookScripts: '"$CLAUDE_PROJECT_DIR"/.claude/scripts' };
  const scripts = quoted(join(folder, 'scripts'));
  return { node, scripts, hookScripts: scripts };
}

async function writeSettings(folder: string, before: string | null, text: string): Promise<string | null> {
  if (text === before) return null;
  const file = join(folder, 'settings.json');
  let backup: string | null = null;
  if (before !== null) {
    // The first one is what somebody wrote; later ones are ours.
    backup = `${file}.before-kit`;
    if ((await readText(backup)) === null) await writeWhole(backup, before);
  }
  await writeWhole(file, text);
  return backup;
}

function manifestOf(kit: Kit, files: readonly KitFile[]): Manifest {
  return {
    version: kit.version,
    files: Object.fromEntries(files.map(({ path, content }) => [path, hashOf(content)])),
  };
}

async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const value = JSON.parse((await readText(join(folder, MANIFEST))) ?? '') as Partial<Manifest>;
    return typeof value.version === 'string' && typeof value.files === 'object' ? (value as Manifest) : null;
  } catch {
    return null;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The old file or the new one, whatever happens in between. */
async function writeWhole(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, content);
  await rename(`${file}.draft`, file);
}
