import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { endProcesses } from '../agent/processes.ts';
import { beginningOf } from './beginning.ts';
import type { Clone } from './clone.ts';
import { removeRests } from './clone.ts';
import { furnish } from './furnish.ts';
import type { GitOptions } from './git.ts';
import { git, GitError, SILENCE_MS } from './git.ts';
import type { GitSettings } from './git-settings.ts';
import { openGitSettings } from './git-settings.ts';
import type { ObjectFormat } from './mirror-place.ts';
import {
  formerPlace,
  isThere,
  makeMirror,
  mirrorPlace,
  mirrorsDir,
  removeRemains,
  takeOverFormer,
} from './mirror-place.ts';
import { roomOf, theirsRef } from './names.ts';
import type { Credentials } from './remote.ts';

export interface MirrorOptions {
  readonly credentials?: Credentials | null;
  /** The worker's environment, used for git's transport. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Maximum time git may take without output. */
  readonly silenceMs?: number;
  /** Maximum size of what an attempt commits, in bytes, uncompressed. */
  readonly maxBytes?: number;
  readonly log?: Pick<Logger, 'warn'>;
}

/** The branch that new work starts from, or the reason why there is none. */
export type Base = { readonly branch: string } | { readonly branch: null; readonly why: string };

const SHA256_DIGITS = 64;
const DEFAULT_MAX_BYTES = 256 * 1024 ** 2;

/**
 * A bare repository between the remote and the agents' clones. The worker never runs git in a repository that an agent can write to,
 * because its settings and hooks would run with the worker's permissions.
 */
export class Mirror {
  readonly #folder: string;
  readonly #settings: GitSettings;
  readonly #options: MirrorOptions;
  readonly #base: string | null;
  readonly gitDir: string;
  /** Of the mirror; null until git was asked. */
  #format: ObjectFormat | null = null;
  /** Serialises changes: git fails instead of waiting when a lock is held. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, settings: GitSettings, base: string | null, options: MirrorOptions) {
    this.#folder = folder;
    this.#settings = settings;
    this.#options = options;
    this.#base = base;
    this.gitDir = mirrorPlace(folder, settings.url);
  }

  /**
   * Opens the mirror of a repository. At most one may be open per state folder, because unfinished work in it is removed.
   *
   * @param base branch that new work starts from; null means the remote's HEAD
   * @throws ConfigError when git is missing or too old, or the user's configuration cannot be read
   * @throws GitError when the mirror cannot be created
   */
  static async open(stateDir: string, url: string, base: string | null, options: MirrorOptions = {}): Promise<Mirror> {
    const place = join(resolve(stateDir), 'repository');
    for (const dir of [join(place, 'clones'), mirrorsDir(place)]) await mkdir(dir, { recursive: true, mode: 0o700 });
    // Resolved, so that any link in the path of a clone's file was made by the agent.
    const folder = await realpath(place);
    const settings = await readSettings(folder, url, options);
    await endFormerGit(settings, options.log);
    await removeRests(join(folder, 'clones'));
    if (await takeOverFormer(folder, settings))
      options.log?.warn({ folder: formerPlace(folder) }, 'the mirror of another repository is ignored');
    const mirror = new Mirror(folder, settings, base, options);
    await mirror.#prepare();
    return mirror;
  }

  /** Opens the mirror of another repository in the same state folder, for clones made from it earlier. */
  async sibling(url: string): Promise<Mirror> {
    const options = { ...this.#options, credentials: null };
    const settings = await readSettings(this.#folder, url, options);
    await endFormerGit(settings, options.log);
    const mirror = new Mirror(this.#folder, settings, null, options);
    await mirror.#prepare();
    return mirror;
  }

  async #prepare(): Promise<void> {
    if (await isThere(this.gitDir)) await removeRemains(this.gitDir);
    else await this.#make('sha1');
  }

  async #make(format: ObjectFormat): Promise<void> {
    await makeMirror(this.gitDir, format, this.#settings);
    this.#format = format;
  }

  /** URL of the remote, without credentials. */
  get url(): string {
    return this.#settings.url;
  }

  /** Applies the `insteadOf` settings of the worker's user to a URL. */
  rewrite(url: string): string {
    return this.#settings.rewrite(url);
  }

  /** Maximum size of what an attempt commits, in bytes, uncompressed. */
  get maxBytes(): number {
    return this.#options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /**
   * Creates a clone that starts from the work of earlier attempts, or else from the base branch.
   *
   * @throws GitError when the remote cannot be reached or has no branch to start from
   */
  async clone(runId: string, requestId: string, branch = `automation/${requestId}`): Promise<Clone> {
    return this.inTurn(async () => {
      const found = await this.refresh(requestId);
      if (found.branch === null) throw new GitError('clone', found.why);
      const base = found.branch;
      const { from, start, seen } = await beginningOf(this, requestId, branch, base);
      if (start === null) throw new GitError('clone', `the branch ${base} is gone`);
      const dir = this.cloneDir(runId);
      await rm(dir, { recursive: true, force: true });
      // Running git here is safe: no agent has used this folder yet.
      await this.init(dir, `--initial-branch=${base}`);
      const refs = [
        `+${from}:refs/heads/${branch}`,
        `+refs/remotes/origin/${base}:refs/heads/${base}`,
        `+refs/remotes/origin/${base}:refs/remotes/origin/${base}`,
        '+refs/tags/*:refs/tags/*',
      ];
      await this.git(['-C', dir, 'fetch', '--progress', '--no-tags', '--update-head-ok', this.gitDir, ...refs]);
      await this.git(['-C', dir, 'checkout', '--progress', branch]);
      for (const note of await furnish(this, dir, { start, base: `refs/remotes/origin/${base}` }))
        this.#options.log?.warn({ request_id: requestId }, note);
      const packs = await readdir(join(dir, '.git/objects/pack'));
      return { dir, branch, start, seen, taken: start, packs };
    });
  }

  /** Absolute path of the folder that contains the clones. */
  get clonesDir(): string {
    return join(this.#folder, 'clones');
  }

  cloneDir(runId: string): string {
    return join(this.clonesDir, runId);
  }

  /** Fetches all branches and tags, and the refs of a request. @throws GitError when the remote cannot be reached */
  async refresh(requestId: string): Promise<Base> {
    const room = roomOf(requestId);
    const base = await this.findBase();
    await this.inMirror([
      'fetch',
      '--progress',
      '--prune',
      '--no-tags',
      this.url,
      '+refs/heads/*:refs/remotes/origin/*',
      '+refs/tags/*:refs/tags/*',
      `+${room}/*:${theirsRef(room)}/*`,
    ]);
    return base;
  }

  /** Asks the remote for the branch that new work starts from. @throws GitError when the remote cannot be reached */
  async findBase(): Promise<Base> {
    const wanted = this.#base === null ? 'HEAD' : `refs/heads/${this.#base}`;
    const found = await this.inMirror(['ls-remote', '--symref', this.url, wanted]);
    const lines = found.split('\n').map((line) => line.split('\t'));
    const [id] = lines.find(([value = '', name]) => name === wanted && !value.startsWith('ref: ')) ?? [];
    if (id?.length === SHA256_DIGITS) await this.#becomeSha256();
    const [, head] = /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(found) ?? [];
    const branch = this.#base ?? head;
    if (id !== undefined && branch !== undefined) return { branch };
    return { branch: null, why: await this.#whyNoBase() };
  }

  async #whyNoBase(): Promise<string> {
    const heads = await this.inMirror(['ls-remote', '--heads', this.url]);
    const names = heads.split('\n').flatMap((line) => /\trefs\/heads\/(\S+)$/.exec(line)?.[1] ?? []);
    if (names.length === 0) return 'the repository has no commits yet: push a first one to its main branch';
    const choice = `set AUTOMATION_BASE_BRANCH to an existing branch (${names.slice(0, 10).join(', ')})`;
    return this.#base === null
      ? `the repository's HEAD points to a branch that does not exist: ${choice}`
      : `the repository has no branch ${this.#base}: ${choice}`;
  }

  /** Recreates the mirror with SHA-256 object ids. Possible only while it is empty. */
  async #becomeSha256(): Promise<void> {
    if ((await this.#objectFormat()) === 'sha256') return;
    if ((await this.inMirror(['for-each-ref', '--count=1'])) === '') await this.#make('sha256');
  }

  async #objectFormat(): Promise<ObjectFormat> {
    this.#format ??= (await this.inMirror(['rev-parse', '--show-object-format'])) === 'sha256' ? 'sha256' : 'sha1';
    return this.#format;
  }

  /** Object ids by name of these refs, and of all refs below these folders. */
  async refs(...names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lines = await this.inMirror(['for-each-ref', '--format=%(refname) %(objectname)', ...names]);
    return new Map(
      lines.split('\n').flatMap((line) => {
        const [ref, id] = line.split(' ');
        return ref && id ? [[ref, id] as const] : [];
      }),
    );
  }

  /** Sets refs to object ids, or deletes them where it is null: all of them, or none. @throws GitError when git fails */
  async updateRefs(changes: Iterable<readonly [ref: string, id: string | null]>): Promise<void> {
    const lines = [...changes].map(([ref, id]) => (id === null ? `delete ${ref}\n` : `update ${ref} ${id}\n`));
    if (lines.length > 0) await this.inMirror(['update-ref', '--stdin'], undefined, lines.join(''));
  }

  /** Creates an empty repository with the mirror's object format. @throws GitError when git fails */
  async init(dir: string, ...args: readonly string[]): Promise<void> {
    const format = await this.#objectFormat();
    await this.git(['init', '--quiet', '--template=', `--object-format=${format}`, ...args, dir]);
  }

  /** Runs git in the mirror and returns its output. @throws GitError when git fails */
  async inMirror(args: readonly string[], signal?: AbortSignal, input?: string): Promise<string> {
    try {
      return await this.git([`--git-dir=${this.gitDir}`, ...args], {
        ...(signal ? { signal } : {}),
        ...(input === undefined ? {} : { input }),
      });
    } catch (error) {
      if (error instanceof GitError && error.killed) await removeRemains(this.gitDir);
      throw error;
    }
  }

  /** Runs git outside the mirror and returns its output. @throws GitError when git fails */
  git(args: readonly string[], options: Omit<GitOptions, 'cwd'> = {}): Promise<string> {
    const { silenceMs = SILENCE_MS } = this.#options;
    return git(args, this.#settings, { silenceMs, ...options, cwd: this.#folder });
  }

  /** Runs `work` while nothing else changes the mirror. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Ends git processes left by an earlier run of this worker that was killed; they would run on without a limit. */
async function endFormerGit({ environment }: GitSettings, log: MirrorOptions['log']): Promise<void> {
  const mark = `GIT_CONFIG_GLOBAL=${environment.GIT_CONFIG_GLOBAL ?? ''}`;
  const { found } = await endProcesses({ environment: mark, group: null }, 0);
  if (found > 0) log?.warn({ found }, 'ended git processes left by an earlier run of this worker');
}

function readSettings(folder: string, url: string, { credentials = null, environment = process.env }: MirrorOptions) {
  return openGitSettings({ folder: mirrorsDir(folder), url, credentials, environment });
}
