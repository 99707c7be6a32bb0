import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../infrastructure/replace-file.ts';
import type { Kit, KitFile, KitPlace } from './kit.ts';
import { fitted, quoted } from './kit.ts';
import { nodeTrouble } from './node-program.ts';
import { mergeSettings } from './settings.ts';

export interface InstallOptions {
  /** Absolute path of a repository, of its `.claude` folder, or of a config folder of Claude Code such as `~/.claude`. */
  readonly dir: string;
  /** Node executable that runs the scripts: a name found in the PATH, or an absolute path. */
  readonly node: string;
  /** Whether to replace files that the user has changed. */
  readonly overwrite: boolean;
}

export interface Installation {
  readonly kind: 'repository' | 'config folder';
  /** The folder the files are in. */
  readonly folder: string;
  readonly written: readonly string[];
  /** Files left alone because the user has changed them. */
  readonly kept: readonly string[];
  /** Backup of the settings, if they were changed; otherwise null. */
  readonly settingsBackup: string | null;
  /** Warnings for the user. */
  readonly warnings: readonly string[];
}

/** Records what was installed, so that the next install can tell a changed file from an outdated one. */
interface Manifest {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

const MANIFEST = 'automation-kit.json';

/** The kit cannot be installed here. Nothing was written. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/**
 * Installs the kit into a folder, or updates it. Idempotent. Settings are merged, keeping everything that is not the kit's. Files that the
 * user has changed are kept unless `overwrite` is set.
 *
 * @throws InstallError before anything is written
 */
export async function install(kit: Kit, { dir, node, overwrite }: InstallOptions): Promise<Installation> {
  const { kind, folder } = await placeOf(dir);
  const trouble = await nodeTrouble(node, process.env);
  if (trouble !== null)
    throw new InstallError(
      `${trouble}. Nothing was written. Use --node to name another one, which the scripts then use.`,
    );
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
    written.push(file.path);
  }
  const settingsBackup = await writeSettings(folder, settings.before, settings.text);
  if (settings.text !== settings.before) written.push('settings.json');
  const manifest = `${JSON.stringify(manifestOf(kit, files), null, 2)}\n`;
  if ((await readText(join(folder, MANIFEST))) !== manifest) await writeWhole(join(folder, MANIFEST), manifest);
  return { kind, folder, written, kept, settingsBackup, warnings: settings.warnings };
}

/** The version installed in a folder, and the files changed since; null if no kit is installed. */
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
  if (info && !info.isDirectory()) throw new InstallError(`${dir} is not a folder.`);
  if (await stat(join(dir, '.git')).catch(() => null)) return { kind: 'repository', folder: join(dir, '.claude') };
  const inRepository = basename(dir) === '.claude' && (await stat(join(dirname(dir), '.git')).catch(() => null));
  return { kind: inRepository ? 'repository' : 'config folder', folder: dir };
}

/** A repository may be moved, so its paths are relative. A config folder serves every project and needs absolute paths. */
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
    // Keep the first backup: it holds what the user wrote. Later states are ours.
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

/** Writes a file with the user's default permissions. Scripts are executable. */
async function writeWhole(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, content, { mode: file.endsWith('.mjs') ? 0o777 : 0o666 });
}
