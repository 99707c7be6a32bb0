/** The worker's mirror: which repository it is of, what a kill leaves in it, how long it waits, and what it takes. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../../src/configuration/variables.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { deliver } from '../../../src/worker/repository/deliver.ts';
import { GitError } from '../../../src/worker/repository/git.ts';
import type { MirrorOptions } from '../../../src/worker/repository/mirror.ts';
import { Mirror } from '../../../src/worker/repository/mirror.ts';
import type { Credentials } from '../../../src/worker/repository/remote.ts';
import { copyObjects } from '../../../src/worker/repository/objects.ts';
import { checkRemote } from '../../../src/worker/repository/start-check.ts';
import { GitServer } from '../../support/git-server.ts';
import { cloneOf, takeOverFrom } from '../../support/mirror.ts';
import { commit, Remote, runGit } from '../../support/repository.ts';

const LOG = createLogger('silent');
let remote: Remote;
let state: string;
const closing: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  remote = new Remote();
  state = mkdtempSync(join(tmpdir(), 'automation-mirror-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  remote.dispose();
  rmSync(state, { recursive: true, force: true });
});

const open = (url = remote.url, options: MirrorOptions = {}, base: string | null = null) =>
  Mirror.open(state, url, base, options);

function another(format?: 'sha256'): Remote {
  const other = new Remote(format);
  closing.push(() => other.dispose());
  return other;
}

/** A log, and what it was warned of. */
function listening(): { readonly said: string[]; readonly log: NonNullable<MirrorOptions['log']> } {
  const said: string[] = [];
  return { said, log: { warn: (_: unknown, text: string) => said.push(text) } as never };
}

/** Served over HTTP. */
async function served(options: MirrorOptions = {}): Promise<{ readonly server: GitServer; readonly mirror: Mirror }> {
  const credentials = { username: 'robot', password: 'x' };
  const server = await GitServer.start(remote.folder, credentials);
  closing.push(() => server.stop());
  return { server, mirror: await open(`${server.url}/remote.git`, { credentials, ...options }) };
}

function addSubmodule(dir: string, library: Remote, path: string): void {
  runGit(dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.url, path);
}

/** Unlike every other. */
function own(repository: Remote): string {
  return repository.pushTo('main', `own-${randomUUID()}.txt`);
}

describe('the state folder', () => {
  it('has a mirror per repository: their histories stay apart', async () => {
    const first = await cloneOf(await open());
    const work = commit(first.dir, 'of-the-first.txt');
    const other = another();
    own(other);
    const mirror = await open(other.url);
    await cloneOf(mirror);
    await expect(mirror.inMirror(['cat-file', '-e', work])).rejects.toThrow('git cat-file failed');
    expect(await mirror.inMirror(['for-each-ref', 'refs/automation'])).toBe('');
    expect((await open()).gitDir).not.toBe(mirror.gitDir);
  });

  it('has one mirror per repository, whatever the credentials', async () => {
    const at = (url: string, credentials: Credentials) => open(url, { credentials });
    const one = await at('https://git.example/a.git', { username: 'robot', password: 'old' });
    const two = await at('https://GIT.example:443/a.git/', { username: 'robot', password: 'new' });
    expect(two.gitDir).toBe(one.gitDir);
  });

  /** As it was when there was one for whatever repository was configured. */
  async function formerMirror(): Promise<{ readonly folder: string; readonly memory: string }> {
    const mirror = await open();
    const runId = randomUUID();
    const work = await mirror.clone(runId, randomUUID());
    commit(work.dir, 'one.txt');
    await takeOverFrom(mirror, work);
    const folder = join(state, 'repository/mirror.git');
    renameSync(mirror.gitDir, folder);
    const memory = `${work.dir}.json`;
    writeFileSync(memory, JSON.stringify({ run: { runId }, clone: work }));
    return { folder, memory };
  }

  it('of an earlier version has its mirror and clones taken over if they belong to the repository', async () => {
    const { folder, memory } = await formerMirror();
    remote.pushTo('main', 'meanwhile.txt');
    const mirror = await open();
    expect(existsSync(folder)).toBe(false);
    expect(await mirror.inMirror(['for-each-ref', 'refs/automation'])).not.toBe('');
    expect(JSON.parse(readFileSync(memory, 'utf8'))).toMatchObject({ remote: remote.url });
    await cloneOf(mirror);
  });

  it('of an earlier version keeps the mirror of another repository, which is reported', async () => {
    const { folder, memory } = await formerMirror();
    const other = another();
    runGit(other.seed, 'commit', '--quiet', '--amend', '--message', 'Another beginning');
    runGit(other.seed, 'push', '--quiet', '--force', other.url, 'main');
    const { said, log } = listening();
    const mirror = await open(other.url, { log });
    expect(said).toEqual(['the mirror of another repository is ignored']);
    expect(existsSync(folder)).toBe(true);
    expect(JSON.parse(readFileSync(memory, 'utf8')).remote).toBeUndefined();
    await cloneOf(mirror);
    expect(await mirror.inMirror(['for-each-ref', 'refs/automation'])).toBe('');
  });
});

describe('the leftovers of a kill', () => {
  it('are removed at the start: locks, partial packs, half-finished handovers, a partial mirror', async () => {
    const { gitDir } = await open();
    for (const lock of [
      'HEAD.lock',
      'packed-refs.lock',
      'config.lock',
      'shallow.lock',
      'refs/remotes/origin/main.lock',
    ])
      write(join(gitDir, lock));
    write(join(gitDir, 'objects/pack/tmp_pack_abc'));
    write(join(gitDir, 'objects/ab/tmp_obj_abc'));
    write(join(gitDir, 'refs/intake', randomUUID(), 'commit'));
    write(join(`${gitDir}.draft`, 'HEAD'));
    const mirror = await open();
    expect(files(gitDir).filter((name) => /lock$|tmp_|intake/.test(name))).toEqual([]);
    await cloneOf(mirror);
    rmSync(gitDir, { recursive: true });
    write(join(`${gitDir}.draft`, 'config.lock'));
    await cloneOf(await open());
  });

  it('of a call ended during the run do not fail the next', async () => {
    const { server, mirror } = await served({ silenceMs: 3_000 });
    await cloneOf(mirror);
    server.isDead = true;
    const lock = join(mirror.gitDir, 'packed-refs.lock');
    server.onRequest = () => write(lock);
    await expect(cloneOf(mirror)).rejects.toThrow('it produced no output for 3 s');
    expect(existsSync(lock)).toBe(false);
    server.isDead = false;
    server.onRequest = () => undefined;
    await cloneOf(mirror);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('of the copying of objects does not stop a worker that is an ordinary user', async () => {
    const { dir } = await cloneOf(await open());
    const at = commit(dir, 'one.txt');
    const into = join(state, 'into.git');
    const draft = join(into, 'objects', at.slice(0, 2), `${at.slice(2)}.draft`);
    write(draft);
    chmodSync(draft, 0o444);
    chmodSync(state, 0o755);
    chmodSync(join(state, 'repository'), 0o755);
    chmodSync(join(state, 'repository/clones'), 0o755);
    for (const path of [into, ...files(into).map((name) => join(into, name))]) chownSync(path, 65_534, 65_534);
    process.seteuid?.(65_534);
    try {
      await copyObjects(join(dir, '.git'), into, join(into, 'nothing'));
    } finally {
      process.seteuid?.(0);
    }
    expect(existsSync(draft)).toBe(false);
    expect(existsSync(draft.replace('.draft', ''))).toBe(true);
  });

  it('beside a clone are recreated', async () => {
    const mirror = await open();
    const work = await cloneOf(mirror);
    const intake = `${work.dir}.intake`;
    write(join(intake, 'HEAD.lock'));
    write(join(intake, 'refs/heads/taken.lock'));
    await open();
    expect(existsSync(intake)).toBe(false);
  });
});

describe('a slow repository', () => {
  it('is awaited while it makes progress, and no longer', async () => {
    for (let n = 0; n < 150; n += 1) writeFileSync(join(remote.seed, `${n}.bin`), randomBytes(2_048));
    remote.grow('last.txt');
    const silenceMs = 5_000;
    const { server, mirror } = await served({ silenceMs });
    server.pauseMs = 150;
    const since = performance.now();
    await cloneOf(mirror);
    expect(performance.now() - since).toBeGreaterThan(silenceMs * 2);
  });
});

describe('what an agent commits', () => {
  it('is refused if it unpacks to more than allowed, before it is in the mirror', async () => {
    // Large enough that git streams it instead of holding it in memory.
    const mirror = await open(remote.url, { maxBytes: 20 * 1024 ** 2 });
    const work = await cloneOf(mirror);
    const at = commit(work.dir, 'zeros.bin', '\0'.repeat(30 * 1024 ** 2));
    const packed = runGit(work.dir, 'rev-parse', `${at}:zeros.bin`);
    await expect(takeOverFrom(mirror, work)).rejects.toThrow(
      'more than 20 MiB uncompressed, the limit set by AUTOMATION_COMMIT_MIB',
    );
    await expect(mirror.inMirror(['cat-file', '-e', packed])).rejects.toThrow();
  });

  it('counts in many small pieces too, loose or packed', async () => {
    const mirror = await open(remote.url, { maxBytes: 1024 ** 2 });
    const work = await cloneOf(mirror);
    for (let n = 0; n < 20; n += 1) writeFileSync(join(work.dir, `${n}.txt`), `${n}`.repeat(60_000));
    runGit(work.dir, 'add', '.');
    commit(work.dir, 'last.txt');
    await expect(takeOverFrom(mirror, work)).rejects.toThrow('more than 1 MiB');
    runGit(work.dir, 'gc', '--quiet', '--prune=now');
    await expect(takeOverFrom(mirror, work)).rejects.toThrow('more than 1 MiB');
  });

  it('does not count what the repository already has, even if repacked', async () => {
    remote.grow('large.txt', 'x'.repeat(3 * 1024 ** 2));
    const mirror = await open(remote.url, { maxBytes: 1024 ** 2 });
    const work = await cloneOf(mirror);
    commit(work.dir, 'small.txt');
    runGit(work.dir, 'gc', '--quiet', '--prune=now');
    expect(await takeOverFrom(mirror, work)).toBe(true);
  });

  const MODULES = '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=evil\n';

  it('passes if the repository already has a .gitmodules that git refuses', async () => {
    remote.grow('.gitmodules', MODULES);
    const mirror = await open();
    const work = await cloneOf(mirror);
    commit(work.dir, 'new.txt');
    expect(await takeOverFrom(mirror, work)).toBe(true);
  });

  it('is refused with such a .gitmodules of its own, even if renamed', async () => {
    const mirror = await open();
    const work = await cloneOf(mirror);
    commit(work.dir, 'harmless.txt', MODULES);
    expect(await takeOverFrom(mirror, work)).toBe(true);
    commit(work.dir, '.gitmodules', MODULES);
    await expect(takeOverFrom(mirror, work)).rejects.toThrow('gitmodulesUrl');
  });
});

describe('a clone', () => {
  it('has the tags and the main branch of the remote, so that `git describe` works', async () => {
    runGit(remote.url, 'tag', 'v1.0', 'main');
    runGit(remote.url, 'tag', '--annotate', '--message', 'Two', 'v2.0', 'main');
    const { dir } = await cloneOf(await open());
    expect(runGit(dir, 'describe', '--tags')).toMatch(/^v/);
    expect(runGit(dir, 'rev-parse', 'origin/main')).toBe(remote.main);
    expect(runGit(dir, 'tag')).toBe('v1.0\nv2.0');
  });

  it('has the submodules of the main branch; those named only by an agent are left out and reported', async () => {
    const library = another();
    const secret = another();
    addSubmodule(remote.seed, library, 'lib');
    remote.grow('uses-lib.txt');
    const { said, log } = listening();
    const mirror = await open(remote.url, { log });
    const id = randomUUID();
    const first = await mirror.clone(randomUUID(), id);
    expect(readdirSync(join(first.dir, 'lib'))).toContain('README.md');
    expect(said).toEqual([]);
    addSubmodule(first.dir, secret, 'stolen');
    commit(first.dir, 'more.txt');
    runGit(first.dir, 'push', '--quiet', remote.url, `HEAD:refs/heads/${first.branch}`);
    const second = await mirror.clone(randomUUID(), id);
    expect(readdirSync(join(second.dir, 'lib'))).toContain('README.md');
    expect(readdirSync(join(second.dir, 'stolen'))).toEqual([]);
    expect(said).toEqual([expect.stringContaining('submodule stolen is left out')]);
  });

  it('is made without unavailable submodules and git-lfs contents, which is reported', async () => {
    const library = another();
    addSubmodule(remote.seed, library, 'lib');
    mkdirSync(join(remote.seed, 'deep'));
    writeFileSync(join(remote.seed, 'deep/.gitattributes'), '*.bin filter=lfs\n');
    remote.grow('uses-lib.txt');
    renameSync(library.url, `${library.url}-away`);
    const { said, log } = listening();
    await cloneOf(await open(remote.url, { log }));
    expect(said).toEqual([
      expect.stringContaining('submodule lib is left out'),
      expect.stringContaining('git-lfs are there as pointers only'),
    ]);
  });
});

describe('a repository', () => {
  it('with SHA-256 object names works like any other', async () => {
    const sha256 = another('sha256');
    const mirror = await open(sha256.url);
    await checkRemote(mirror, 'automation/', LOG);
    const work = await cloneOf(mirror);
    const at = commit(work.dir, 'one.txt');
    expect(at).toHaveLength(64);
    expect(await takeOverFrom(mirror, work)).toBe(true);
    await mirror.inMirror(['push', '--quiet', sha256.url, `${at}:refs/heads/pushed`]);
    expect(sha256.branch('pushed')?.commit).toBe(at);
    await cloneOf(await open(sha256.url));
  });

  /** @param words of the refusal */
  async function expectRefused(mirror: Mirror, words: RegExp): Promise<void> {
    await expect(checkRemote(mirror, 'automation/', LOG)).rejects.toThrow(ConfigError);
    await expect(checkRemote(mirror, 'automation/', LOG)).rejects.toThrow(words);
    await expect(cloneOf(mirror)).rejects.toThrow(GitError);
  }

  it.each([
    ['no commits', ['update-ref', '-d', 'refs/heads/main'], /has no commits yet/],
    [
      'a HEAD that names nothing',
      ['symbolic-ref', 'HEAD', 'refs/heads/gone'],
      /points to a branch that does not exist.*\(main\)/,
    ],
    [
      'a format that this git does not know',
      ['config', 'extensions.refstorage', 'reftable'],
      /does not support the repository's format/,
    ],
  ])('with %s is refused at the start, with words that say so', async (_, change, words) => {
    runGit(remote.url, 'config', 'core.repositoryformatversion', '1');
    runGit(remote.url, ...change);
    await expectRefused(await open(), words);
  });

  it('without the configured branch lists the existing ones', async () => {
    await expectRefused(await open(remote.url, {}, 'develop'), /no branch develop.*\(main\)/);
  });

  it('that loses its main branch still accepts finished work', async () => {
    const mirror = await open();
    const work = await cloneOf(mirror);
    const at = commit(work.dir, 'one.txt');
    await takeOverFrom(mirror, work);
    runGit(remote.url, 'symbolic-ref', 'HEAD', 'refs/heads/gone');
    const order = { requestId: work.branch.slice('automation/'.length), attempt: 1, branch: work.branch, commit: at };
    await deliver(mirror, { ...order, seen: null, holdsCi: false });
    expect(remote.branch(work.branch)?.commit).toBe(at);
  });

  it('that is unreachable does not keep a worker from starting', async () => {
    const mirror = await open();
    renameSync(remote.url, `${remote.url}-away`);
    await expect(checkRemote(mirror, 'automation/', LOG)).resolves.toBeUndefined();
  });
});

function write(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(folder, name)) !== null,
  );
}
