import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICE_VERSION } from '../version.ts';

/** The built kit: commands and agents as they are, each script bundled into one file without dependencies. */
const KIT_DIR = join(import.meta.dirname, '../../dist/kit');

export interface KitFile {
  /** Path in the install folder, with slashes: `commands/implement.md`. */
  readonly path: string;
  readonly content: string;
}

/** Commands, agents and scripts for Claude Code, under one version. */
export interface Kit {
  /** The service's version and a prefix of the hash over the files: `0.1.0+1f2e3d4c5b6a`. */
  readonly version: string;
  /** SHA-256 over the paths and contents of its files, in hex. */
  readonly sha256: string;
  /** Sorted by path. */
  readonly files: readonly KitFile[];
}

/** How the installed kit finds its scripts and a Node to run them. */
export interface KitPlace {
  /** A name found in the PATH, or an absolute path. */
  readonly node: string;
  /** Folder of the scripts as a shell word, quoted if needed. Used in commands. */
  readonly scripts: string;
  /** The same for hooks, which do not always run in the project's folder. */
  readonly hookScripts: string;
}

/** Settings of Claude Code that enable the kit's hooks, by event. */
export type HookSettings = Readonly<Record<string, readonly HookEntry[]>>;

interface HookEntry {
  readonly matcher?: string;
  readonly hooks: readonly {
    readonly type: 'command';
    readonly command: string;
    /** In seconds. */
    readonly timeout: number;
    readonly onFailure?: 'block';
  }[];
}

const FOLDERS = ['agents', 'commands', 'scripts'] as const;

/** Reads a built kit. @throws if the folder contains none */
export async function readKit(dir: string = KIT_DIR): Promise<Kit> {
  const paths: string[] = [];
  for (const folder of FOLDERS) {
    const entries = await readdir(join(dir, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile() && /\.(md|mjs)$/.test(entry.name))
        paths.push(
          join(entry.parentPath, entry.name)
            .slice(dir.length + 1)
            .replaceAll('\\', '/'),
        );
    }
  }
  const files = await Promise.all(
    paths.sort().map(async (path) => ({ path, content: await readFile(join(dir, path), 'utf8') })),
  );
  const sha256 = digestOf(files);
  return { version: `${SERVICE_VERSION}+${sha256.slice(0, 12)}`, sha256, files };
}

/** SHA-256 over paths and contents, in hex. */
function digestOf(files: readonly KitFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0${content}`);
  return hash.digest('hex');
}

/** The kit's files with the commands in its texts adapted to where the scripts and Node are. */
export function fitted(kit: Kit, place: KitPlace): readonly KitFile[] {
  const call = `${quoted(place.node)} ${place.scripts}/`;
  return kit.files.map(({ path, content }) =>
    path.endsWith('.md')
      ? { path, content: content.replaceAll('node .claude/scripts/', () => call) }
      : { path, content },
  );
}

/** Names by which Claude Code calls the kit's commands. */
export function commandNames(kit: Kit): readonly string[] {
  return kit.files
    .map(({ path }) => /^commands\/(.+)\.md$/.exec(path)?.[1]?.replaceAll('/', ':'))
    .filter((name) => name !== undefined);
}

/**
 * The kit's hooks. The guard normally answers in a fraction of its timeout; the check at the end calls the service and needs longer.
 *
 * With `onFailure: 'block'`, a guard that crashes or hangs refuses the tool call (Claude Code 2.1.295 and newer; older versions ignore it).
 */
export function hookSettings(place: KitPlace): HookSettings {
  const run = (script: string, timeout: number) =>
    ({ type: 'command', command: `${quoted(place.node)} ${place.hookScripts}/${script}`, timeout }) as const;
  const guard = run('security_check.mjs', 10);
  return {
    SessionStart: [{ hooks: [guard] }],
    PreToolUse: [{ matcher: '*', hooks: [{ ...guard, onFailure: 'block' }] }],
    Stop: [{ hooks: [run('verify_completion.mjs', 60)] }],
  };
}

/** Quotes a word for a shell if needed. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
