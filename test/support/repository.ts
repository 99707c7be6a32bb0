import { afterAll } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Settings of every git below. Starting a process is most of what git costs here, so it starts no others to tidy up. */
const SETTINGS = { 'gc.auto': '0', 'maintenance.auto': 'false', 'core.abbrev': 'no' };
/** Keeps out the machine's own git settings. */
const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
  GIT_CONFIG_COUNT: String(Object.keys(SETTINGS).length),
  ...Object.fromEntries(
    Object.entries(SETTINGS).flatMap(([key, value], at) => [
      [`GIT_CONFIG_KEY_${at}`, key],
      [`GIT_CONFIG_VALUE_${at}`, value],
    ]),
  ),
};

export function runGit(dir: string, ...args: readonly string[]): string {
  return gitWith('', dir, args);
}

function gitWith(input: string, dir: string, args: readonly string[]): string {
  return execFileSync('git', ['-C', dir, ...args], { env: ENV, encoding: 'utf8', input, stdio: 'pipe' }).trim();
}

/** Commits one file to the current branch; returns the commit id. */
export function commit(dir: string, file: string, content = file): string {
  writeFileSync(join(dir, file), content);
  runGit(dir, 'add', '--', file);
  const said = runGit(dir, 'commit', '--message', `Add ${file}`);
  const [, id] = /^\[[^\]]* ([0-9a-f]{40,64})\] /.exec(said) ?? [];
  if (id === undefined) throw new Error(`Not committed: ${said}`);
  return id;
}

interface State {
  readonly commit: string;
  readonly files: readonly string[];
  readonly commits: number;
}

type Format = 'sha1' | 'sha256';

/** Folders with a repository and a work tree of it, as every `Remote` starts: made once for each file of tests, and copied. */
const templates = new Map<Format, string>();
afterAll(() => {
  for (const folder of templates.values()) rmSync(folder, { recursive: true, force: true });
});

function templateOf(format: Format): string {
  const known = templates.get(format);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'automation-remote-template-'));
  const init = ['init', '--quiet', '--template=', `--object-format=${format}`, '--initial-branch=main'];
  runGit(folder, ...init, '--bare', 'remote.git');
  // As on a server with maintenance of its own. Refs are never packed, so their files can be read.
  runGit(join(folder, 'remote.git'), 'config', 'receive.autogc', 'false');
  runGit(folder, ...init, 'seed');
  commit(join(folder, 'seed'), 'README.md', '# A project\n');
  runGit(join(folder, 'seed'), 'push', '--quiet', join(folder, 'remote.git'), 'main');
  templates.set(format, folder);
  return folder;
}

/** A repository as on a server: bare, with a branch `main` of one commit. */
export class Remote {
  readonly folder = mkdtempSync(join(tmpdir(), 'automation-remote-'));
  readonly url = join(this.folder, 'remote.git');
  /** A work tree of `main`. */
  readonly seed = join(this.folder, 'seed');
  readonly main: string;

  constructor(format: Format = 'sha1') {
    cpSync(templateOf(format), this.folder, { recursive: true });
    this.main = readFileSync(join(this.url, 'refs/heads/main'), 'utf8').trim();
  }

  /** Files on a branch, and its commit count; null if there is no such branch. */
  branch(name: string): State | null {
    return this.at(`refs/heads/${name}`);
  }

  /** The same for any ref. */
  at(ref: string): State | null {
    const commit = this.ref(ref);
    if (commit === null) return null;
    const files = runGit(this.url, 'ls-tree', '-r', '--name-only', commit).split('\n');
    return { commit, files, commits: Number(runGit(this.url, 'rev-list', '--count', commit)) };
  }

  /** The object id of a ref; null if there is no such ref. Runs nothing, so it can be asked again and again. */
  ref(name: string): string | null {
    const file = join(this.url, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  }

  /** Ids of all commits that are reachable from any ref. */
  commits(): ReadonlySet<string> {
    return new Set(runGit(this.url, 'rev-list', '--all').split('\n'));
  }

  /** Whether a commit is reachable from any ref. */
  has(commit: string): boolean {
    return this.commits().has(commit);
  }

  /** Installs a script as a hook of the server; null removes it. */
  hook(name: 'pre-receive' | 'update', script: string | null): void {
    const file = join(this.url, 'hooks', name);
    mkdirSync(join(this.url, 'hooks'), { recursive: true });
    rmSync(file, { force: true });
    if (script !== null) writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  branches(): string[] {
    return runGit(this.url, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n');
  }

  /** Adds a commit to a branch, as if another worker or a person had pushed it. */
  pushTo(branch: string, file: string): string {
    const lines = [
      `commit refs/heads/${branch}`,
      'mark :1',
      `committer ${ENV.GIT_COMMITTER_NAME} <${ENV.GIT_COMMITTER_EMAIL}> now`,
      `data ${Buffer.byteLength(file) + 4}`,
      `Add ${file}`,
      `from ${this.ref(`refs/heads/${branch}`) ?? this.ref('refs/heads/main')}`,
      `M 100644 inline ${file}`,
      `data ${Buffer.byteLength(file)}`,
      file,
      'get-mark :1',
    ];
    return gitWith(`${lines.join('\n')}\n`, this.url, ['fast-import', '--quiet', '--date-format=now']);
  }

  /** Commits one file to `main`, with whatever was put into the work tree before. */
  grow(file: string, content = file): string {
    runGit(this.seed, 'add', '.');
    const id = commit(this.seed, file, content);
    runGit(this.seed, 'push', '--quiet', this.url, 'main');
    return id;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
