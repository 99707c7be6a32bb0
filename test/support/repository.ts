import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing of the machine's own settings gets in. */
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

/** A commit of one file on what is checked out; its id. */
export function commit(dir: string, file: string, content = file): string {
  writeFileSync(join(dir, file), content);
  runGit(dir, 'add', '--', file);
  runGit(dir, 'commit', '--quiet', '--message', `Add ${file}`);
  return runGit(dir, 'rev-parse', 'HEAD');
}

/** A repository as it lies on a server: bare, with a branch `main` of one commit. */
export class Remote {
  readonly folder = mkdtempSync(join(tmpdir(), 'automation-remote-'));
  readonly url = join(this.folder, 'remote.git');
  readonly main: string;

  constructor() {
    const seed = join(this.folder, 'seed');
    runGit(this.folder, 'init', '--quiet', '--bare', '--initial-branch=main', this.url);
    runGit(this.folder, 'init', '--quiet', '--initial-branch=main', seed);
    this.main = commit(seed, 'README.md', '# A project\n');
    runGit(seed, 'push', '--quiet', this.url, 'main');
  }

  /** Files at a branch, with its commit count; null when there is no such branch. */
  branch(
    name: string,
  ): { readonly commit: string; readonly files: readonly string[]; readonly commits: number } | null {
    try {
      const at = runGit(this.url, 'rev-parse', '--verify', `refs/heads/${name}`);
      const files = runGit(this.url, 'ls-tree', '--name-only', at).split('\n');
      return { commit: at, files, commits: Number(runGit(this.url, 'rev-list', '--count', at)) };
    } catch {
      return null;
    }
  }

  branches(): string[] {
    return runGit(this.url, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n');
  }

  /** As another worker, or a person, would. */
  pushTo(branch: string, file: string): string {
    const work = mkdtempSync(join(this.folder, 'work-'));
    runGit(this.folder, 'clone', '--quiet', this.url, work);
    runGit(work, 'checkout', '--quiet', '-B', branch, this.branch(branch) ? `origin/${branch}` : 'origin/main');
    const id = commit(work, file);
    runGit(work, 'push', '--quiet', 'origin', branch);
    return id;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
