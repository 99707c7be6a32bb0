import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICE_VERSION } from '../version.ts';

/** Where the build puts the kit: commands and agents as they are, scripts each in one file without dependencies. */
export const KIT_DIR = join(import.meta.dirname, '../../dist/kit');

export interface KitFile {
  /** Below the folder it is installed in, with slashes: `commands/implement.md`. */
  readonly path: string;
  readonly content: string;
}

/** Commands, agents and scripts for Claude Code, as one thing with one version. */
export interface Kit {
  /** The service's version and the beginning of a hash over the files: `0.1.0+1f2e3d4c5b6a`. */
  readonly version: string;
  /** In the order of their paths. */
  readonly files: readonly KitFile[];
}

/** How an installed kit finds its scripts and a Node to run them with. */
export interface KitPlace {
  /** A name that the PATH leads to, or an absolute path. */
  readonly node: string;
  /** What a shell reads as the folder of the scripts, quoted where it has to be: in commands. */
  readonly scripts: string;
  /** The same in hooks, which do not always run in the project's folder. */
  readonly hookScripts: string;
}

/** Settings of Claude Code that switch the kit's hooks on, by event. */
export type HookSettings = Readonly<Record<string, readonly HookEntry[]>>;

interface HookEntry {
  readonly matcher?: string;
  readonly hooks: readonly {
    readonly type: 'command';
    readonly command: string;
    /** Seconds. */
    readonly timeout: number;
    readonly onFailure?: 'block';
  }[];
}

const FOLDERS = ['agents', 'commands', 'scripts'] as const;

/** @throws when the folder holds no kit */
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
  return { version: `${SERVICE_VERSION}+${digestOf(files).slice(0, 12)}`, files };
}

/** SHA-256 over names and contents, in hex. */
export function digestOf(files: readonly KitFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0${content}`);
  return hash.digest('hex');
}

/** The kit as it is installed: what its texts say to run is what is there. */
export function fitted(kit: Kit, place: KitPlace): readonly KitFile[] {
  const call = `${quoted(place.node)} ${place.scripts}/`;
  return kit.files.map(({ path, content }) =>
    path.endsWith('.md')
      ? { path, content: content.replaceAll('node .claude/scripts/', () => call) }
      : { path, content },
  );
}

/** The names by which the commands are called. */
export function commandNames(kit: Kit): readonly string[] {
  return kit.files
    .map(({ path }) => /^commands\/(.+)\.md$/.exec(path)?.[1]?.replaceAll('/', ':'))
    .filter((name) => name !== undefined);
}

/**
 * The guard answers in a fraction of its time; the check at the end asks the service.
 *
 * `onFailure` makes a guard that crashes or hangs a refusal (Claude Code 2.1.295 and newer; older ones take no notice of it).
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

/** One word for a shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
