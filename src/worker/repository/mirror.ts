import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beginningOf, branchOf } from './beginning.ts';
import type { Clone } from './clone.ts';
import { removeRests } from './clone.ts';
import { git, GitError } from './git.ts';

/**
 * A bare repository of the worker's own, between the remote and the agents' clones. Git runs in it and nowhere else: in a repository
 * that an agent can write to, settings and hooks would run with the worker's rights.
 */
export class Mirror {
  readonly #folder: string;
  readonly gitDir: string;
  /** Of the remote. */
  readonly url: string;
  readonly #base: string | null;
  /** One at a time: git locks what it changes, and does not wait for locks. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, url: string, base: string | null) {
    this.#folder = folder;
    this.gitDir = join(folder, 'mirror.git');
    this.url = url;
    this.#base = base;
  }

  /** @param base the branch that new work begins at; the remote's own choice when null */
  static async open(stateDir: string, url: string, base: string | null): Promise<Mirror> {
    const folder = join(resolve(stateDir), 'repository');
    await mkdir(join(folder, 'clones'), { recursive: true, mode: 0o700 });
    // Without links, so that any link in the path of a clone's file is the agent's.
    const mirror = new Mirror(await realpath(folder), url, base);
    await mirror.git(['init', '--quiet', '--bare', '--template=', mirror.gitDir]);
    // The folders above may be opened for the user of the agents to pass through.
    await chmod(mirror.gitDir, 0o700);
    await removeStaleLocks(mirror.gitDir);
    await removeRests(mirror.clonesDir);
    return mirror;
  }

  /** A fresh clone at the work of earlier attempts, else at the base. @throws GitError when the remote cannot be reached */
  async clone(runId: string, requestId: string): Promise<Clone> {
    return this.inTurn(async () => {
      const base = await this.#refresh();
      const branch = branchOf(requestId);
      const seen = await this.resolve(`refs/remotes/origin/${branch}`);
      const from = await beginningOf(this, branch, seen, base);
      const start = await this.resolve(from);
      if (start === null) throw new GitError('clone', `the repository has no branch ${base}`);
      const dir = this.cloneDir(runId);
      await rm(dir, { recursive: true, force: true });
      // Still empty, and nobody but us has been there.
      await this.git(['init', '--quiet', '--template=', `--initial-branch=${base}`, dir]);
      const refs = [`+${from}:refs/heads/${branch}`, `+refs/remotes/origin/${base}:refs/heads/${base}`];
      await this.git(['-C', dir, 'fetch', '--quiet', '--no-tags', '--update-head-ok', this.gitDir, ...refs]);
      await this.git(['-C', dir, 'checkout', '--quiet', branch]);
      return { dir, branch, start, seen, taken: start };
    });
  }

  /** Where the clones lie. */
  get clonesDir(): string {
    return join(this.#folder, 'clones');
  }

  cloneDir(runId: string): string {
    return join(this.clonesDir, runId);
  }

  /** Fetches all branches. @returns the name of the base */
  async #refresh(): Promise<string> {
    await this.inMirror(['fetch', '--quiet', '--prune', '--no-tags', this.url, '+refs/heads/*:refs/remotes/origin/*']);
    if (this.#base !== null) return this.#base;
    const head = await this.inMirror(['ls-remote', '--symref', this.url, 'HEAD']);
    const [, branch] = /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(head) ?? [];
    if (branch === undefined)
      throw new GitError('ls-remote', 'the repository does not say which branch is its main one');
    return branch;
  }

  /** The object at a ref; null where there is none. */
  async resolve(ref: string): Promise<string | null> {
    const found = await this.inMirror(['for-each-ref', '--format=%(objectname)', ref]);
    return found === '' ? null : (found.split('\n')[0] ?? null);
  }

  /** Git in the mirror itself. @throws GitError */
  inMirror(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const options = { cwd: this.#folder, ...(signal ? { signal } : {}) };
    return git([`--git-dir=${this.gitDir}`, ...args], options);
  }

  /** Git beside the mirror. @throws GitError */
  git(args: readonly string[]): Promise<string> {
    return git(args, { cwd: this.#folder });
  }

  /** Alone: nothing else changes the mirror meanwhile. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Of a git that was killed; no call of ours lasts this long. */
const STALE_MS = 15 * 60_000;

async function removeStaleLocks(gitDir: string): Promise<void> {
  const files = await readdir(gitDir, { recursive: true });
  for (const name of files.filter((file) => file.endsWith('.lock'))) {
    const path = join(gitDir, name);
    if (Date.now() - (await stat(path)).mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
