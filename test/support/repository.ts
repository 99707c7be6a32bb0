import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps out the machine's own git settings. */
const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
};

export function runGit(dir: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', dir, ...args], {
    env: ENV,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** Commits one file to the current branch; returns the commit id. */
export function commit(dir: string, file: string, content = file): string {
  writeFileSync(join(dir, file), content);
  runGit(dir, 'add', '--', file);
  runGit(dir, 'commit', '--quiet', '--message', `Add ${file}`);
  return runGit(dir, 'rev-parse', 'HEAD');
}

interface State {
  readonly commit: string;
  readonly files: readonly string[];
  readonly commits: number;
}

/** A repository as on a server: bare, with a branch `main` of one commit. */
export class Remote {
  readonly folder = mkdtempSync(join(tmpdir(), 'automation-remote-'));
  readonly url = join(this.folder, 'remote.git');
  /** A work tree of `main`. */
  readonly seed = join(this.folder, 'seed');
  readonly main: string;

  constructor(format: 'sha1' | 'sha256' = 'sha1') {
    const init = ['init', '--quiet', `--object-format=${format}`, '--initial-branch=main'];
    runGit(this.folder, ...init, '--bare', this.url);
    runGit(this.folder, ...init, this.seed);
    this.main = this.grow('README.md', '# A project\n');
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

  /** The object id of a ref; null if there is no such ref. */
  ref(name: string): string | null {
    return runGit(this.url, 'for-each-ref', '--format=%(objectname)', name) || null;
  }

  /** Whether a commit is reachable from any ref. */
  has(commit: string): boolean {
    try {
      return runGit(this.url, 'for-each-ref', '--count=1', `--contains=${commit}`) !== '';
    } catch {
      return false;
    }
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

  /** Pushes a commit, as another worker or a person would. */
  pushTo(branch: string, file: string): string {
    const work = mkdtempSync(join(this.folder, 'work-'));
    runGit(this.folder, 'clone', '--quiet', this.url, work);
    runGit(work, 'checkout', '--quiet', '-B', branch, this.branch(branch) ? `origin/${branch}` : 'origin/main');
    const id = commit(work, file);
    runGit(work, 'push', '--quiet', 'origin', branch);
    return id;
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
