import { chmod, mkdir, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { git, GitError } from './git.ts';
import { copyObjects, readBranch } from './objects.ts';

/** A clone for one attempt. It has no remote and no credentials; what is committed in it is taken over by the mirror. */
export interface Clone {
  /** The agent's working folder. */
  readonly dir: string;
  readonly branch: string;
  /** The commit the agent began at. */
  readonly start: string;
  /** What the remote had at our branch when last seen; null for nothing. */
  seen: string | null;
  /** The last commit that was taken over. */
  taken: string;
}

export interface Pushed {
  /** Where the work lies now: our branch, or one of its own where another attempt had moved ours on. */
  readonly branch: string;
  readonly commit: string;
}

export function branchOf(requestId: string): string {
  return `automation/${requestId}`;
}

/**
 * A bare repository of the worker's own, between the remote and the agents' clones. Git runs in it and nowhere else: in a repository
 * that an agent can write to, settings and hooks would run with the worker's rights.
 */
export class Mirror {
  readonly #folder: string;
  readonly #gitDir: string;
  readonly #url: string;
  readonly #base: string | null;
  /** One at a time: git locks what it changes, and does not wait for locks. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, url: string, base: string | null) {
    this.#folder = folder;
    this.#gitDir = join(folder, 'mirror.git');
    this.#url = url;
    this.#base = base;
  }

  /** @param base the branch that new work begins at; the remote's own choice when null */
  static async open(stateDir: string, url: string, base: string | null): Promise<Mirror> {
    const folder = join(resolve(stateDir), 'repository');
    await mkdir(join(folder, 'clones'), { recursive: true, mode: 0o700 });
    // Without links, so that any link in the path of a clone's file is the agent's.
    const mirror = new Mirror(await realpath(folder), url, base);
    await mirror.#git(['init', '--quiet', '--bare', '--template=', mirror.#gitDir]);
    // The folders above may be opened for the user of the agents to pass through.
    await chmod(mirror.#gitDir, 0o700);
    await removeStaleLocks(mirror.#gitDir);
    await removeRests(mirror.clonesDir);
    return mirror;
  }

  /** A fresh clone at the work of earlier attempts, else at the base. @throws GitError when the remote cannot be reached */
  async clone(runId: string, requestId: string): Promise<Clone> {
    return this.#inTurn(async () => {
      const base = await this.#refresh();
      const branch = branchOf(requestId);
      const seen = await this.#resolve(`refs/remotes/origin/${branch}`);
      const from = await this.#beginning(branch, seen, base);
      const start = await this.#resolve(from);
      if (start === null) throw new GitError('clone', `the repository has no branch ${base}`);
      const dir = this.cloneDir(runId);
      await rm(dir, { recursive: true, force: true });
      // Still empty, and nobody but us has been there.
      await this.#git(['init', '--quiet', '--template=', `--initial-branch=${base}`, dir]);
      const refs = [`+${from}:refs/heads/${branch}`, `+refs/remotes/origin/${base}:refs/heads/${base}`];
      await this.#git(['-C', dir, 'fetch', '--quiet', '--no-tags', '--update-head-ok', this.#gitDir, ...refs]);
      await this.#git(['-C', dir, 'checkout', '--quiet', branch]);
      return { dir, branch, start, seen, taken: start };
    });
  }

  get clonesDir(): string {
    return join(this.#folder, 'clones');
  }

  cloneDir(runId: string): string {
    return join(this.clonesDir, runId);
  }

  /** Takes over what the agent has committed; false when there is nothing new. @throws GitError, HostileRepository */
  async takeOver(clone: Clone, signal?: AbortSignal): Promise<boolean> {
    return this.#inTurn(async () => {
      const from = join(clone.dir, '.git');
      const commit = await readBranch(from, clone.branch);
      if (commit === null || commit === clone.taken) return false;
      const intake = `${clone.dir}.intake`;
      await this.#git(['init', '--quiet', '--bare', '--template=', intake]);
      await writeFile(join(intake, 'objects/info/alternates'), `${join(this.#gitDir, 'objects')}\n`);
      await copyObjects(from, intake, this.#gitDir);
      await this.#git([`--git-dir=${intake}`, 'update-ref', 'refs/heads/taken', commit]);
      await this.#inMirror(
        [
          '-c',
          'fetch.fsckObjects=true',
          'fetch',
          '--quiet',
          '--no-tags',
          intake,
          `+refs/heads/taken:refs/heads/${clone.branch}`,
        ],
        signal,
      );
      clone.taken = commit;
      return true;
    });
  }

  /**
   * Pushes what was taken over. Where somebody else has moved our branch on, the work goes to a branch of its own, so that neither is
   * lost. Null when there is nothing to push.
   *
   * @throws GitError when the remote does not take it
   */
  async push(clone: Clone, attempt: number, signal?: AbortSignal): Promise<Pushed | null> {
    return this.#inTurn(async () => {
      const commit = clone.taken;
      if (commit === clone.start && clone.seen === null) return null;
      if (commit === clone.seen) return { branch: clone.branch, commit };
      const ref = `refs/heads/${clone.branch}`;
      try {
        const lease = `--force-with-lease=${ref}:${clone.seen ?? ''}`;
        await this.#inMirror(['push', '--quiet', lease, this.#url, `${commit}:${ref}`], signal);
        clone.seen = commit;
        return { branch: clone.branch, commit };
      } catch (error) {
        if (!(error instanceof GitError) || !/stale info|rejected/.test(error.complaint)) throw error;
        const own = `${clone.branch}-attempt-${attempt}`;
        await this.#inMirror(['push', '--quiet', '--force', this.#url, `${commit}:refs/heads/${own}`], signal);
        return { branch: own, commit };
      }
    });
  }

  /** After its work is pushed. */
  async remove(runId: string): Promise<void> {
    await rm(this.cloneDir(runId), { recursive: true, force: true });
    await rm(`${this.cloneDir(runId)}.intake`, { recursive: true, force: true });
  }

  /** The runs whose clones are here. */
  async clones(): Promise<readonly string[]> {
    const entries = await readdir(join(this.#folder, 'clones'), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith('.intake')).map(({ name }) => name);
  }

  /** Fetches all branches. @returns the name of the base */
  async #refresh(): Promise<string> {
    await this.#inMirror([
      'fetch',
      '--quiet',
      '--prune',
      '--no-tags',
      this.#url,
      '+refs/heads/*:refs/remotes/origin/*',
    ]);
    if (this.#base !== null) return this.#base;
    const head = await this.#inMirror(['ls-remote', '--symref', this.#url, 'HEAD']);
    const [, branch] = /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(head) ?? [];
    if (branch === undefined)
      throw new GitError('ls-remote', 'the repository does not say which branch is its main one');
    return branch;
  }

  /** What earlier attempts left at the remote, or here where it could not be pushed yet; else the base. */
  async #beginning(branch: string, remote: string | null, base: string): Promise<string> {
    const own = await this.#resolve(`refs/heads/${branch}`);
    const theirs = remote === null ? `refs/remotes/origin/${base}` : `refs/remotes/origin/${branch}`;
    if (own === null || own === remote) return theirs;
    if (remote === null) return `refs/heads/${branch}`;
    const goesOn = await this.#inMirror(['merge-base', '--is-ancestor', remote, own]).then(
      () => true,
      () => false,
    );
    return goesOn ? `refs/heads/${branch}` : theirs;
  }

  async #resolve(ref: string): Promise<string | null> {
    const found = await this.#inMirror(['for-each-ref', '--format=%(objectname)', ref]);
    return found === '' ? null : (found.split('\n')[0] ?? null);
  }

  #inMirror(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const options = { cwd: this.#folder, ...(signal ? { signal } : {}) };
    return git([`--git-dir=${this.#gitDir}`, ...args], options);
  }

  #git(args: readonly string[]): Promise<string> {
    return git(args, { cwd: this.#folder });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** What lies beside clones that are gone, and drafts, when a kill came between two removals. */
async function removeRests(clonesDir: string): Promise<void> {
  const names = await readdir(clonesDir);
  for (const name of names) {
    const [runId = ''] = name.split('.');
    const isRest = name !== runId && (name.endsWith('.draft') || !names.includes(runId));
    if (isRest) await rm(join(clonesDir, name), { recursive: true, force: true });
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
