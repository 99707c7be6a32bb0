/** Clones for attempts, and taking over what is committed in them, with a git of flesh and blood on both sides. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Clone, Run } from '../../../src/worker/repository/clone.ts';
import { deliver } from '../../../src/worker/repository/deliver.ts';
import { pushKept, takeOver } from '../../../src/worker/repository/handover.ts';
import { Mirror } from '../../../src/worker/repository/mirror.ts';
import { commit, Remote, runGit } from '../../support/repository.ts';

let remote: Remote;
let state: string;
let mirror: Mirror;
let id: string;
let branch: string;

beforeEach(async () => {
  remote = new Remote();
  state = mkdtempSync(join(tmpdir(), 'automation-mirror-'));
  mirror = await Mirror.open(state, remote.url, null);
  id = randomUUID();
  branch = `automation/${id}`;
});
afterEach(() => {
  remote.dispose();
  rmSync(state, { recursive: true, force: true });
});

/** An attempt's clone, with its run. */
type Begun = Clone & { readonly run: Run };

async function begin(attempt = 1, on = mirror): Promise<Begun> {
  const run = { runId: randomUUID(), requestId: id, attempt };
  return Object.assign(await on.clone(run.runId, id, branch), { run });
}

/** As at the end of an attempt whose agent says that it is done. */
async function publish(clone: Begun) {
  await takeOver(mirror, clone.run, clone);
  const { run, seen, taken: commit } = clone;
  return deliver(mirror, { ...run, branch, commit, seen, holdsCi: true });
}

describe('a clone', () => {
  it('starts at the main branch, on a branch of its request, without a remote', async () => {
    const clone = await begin();
    expect(runGit(clone.dir, 'rev-parse', 'HEAD', 'main')).toBe(`${remote.main}\n${remote.main}`);
    expect(runGit(clone.dir, 'branch', '--show-current')).toBe(branch);
    expect(runGit(clone.dir, 'remote')).toBe('');
    expect(runGit(clone.dir, 'status', '--porcelain')).toBe('');
    expect(readdirSync(join(clone.dir, '.git')).includes('hooks')).toBe(false);
    expect(runGit(clone.dir, 'config', '--list', '--local')).not.toContain(state);
  });

  it('starts at another base if one is named, and fails if there is none', async () => {
    const at = remote.pushTo('develop', 'new.txt');
    const other = await Mirror.open(state, remote.url, 'develop');
    expect((await begin(1, other)).start).toBe(at);
    const wrong = await Mirror.open(state, remote.url, 'nowhere');
    await expect(begin(1, wrong)).rejects.toThrow('nowhere');
  });

  it('starts where an earlier attempt stopped, here or elsewhere', async () => {
    const first = await begin();
    const at = commit(first.dir, 'one.txt');
    await publish(first);
    expect((await begin(2)).start).toBe(at);
    const later = remote.pushTo(branch, 'two.txt');
    expect((await begin(3)).start).toBe(later);
  });

  it('starts at work that could not be pushed yet', async () => {
    const first = await begin();
    const at = commit(first.dir, 'one.txt');
    await takeOver(mirror, first.run, first);
    expect((await begin(2)).start).toBe(at);
  });

  it('starts at work that another worker has pushed, but not to the branch', async () => {
    const first = await begin();
    const at = commit(first.dir, 'one.txt');
    await takeOver(mirror, first.run, first);
    await pushKept(mirror, id);
    const elsewhere = mkdtempSync(join(tmpdir(), 'automation-mirror-'));
    expect((await begin(2, await Mirror.open(elsewhere, remote.url, null))).start).toBe(at);
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('that is gone leaves nothing beside it after a restart, whenever the worker was killed', async () => {
    const { dir } = await begin();
    writeFileSync(`${dir}.json`, '{}');
    for (const rest of ['.json', '.json.draft', '.intake']) {
      writeFileSync(join(mirror.clonesDir, `${randomUUID()}${rest}`), '');
    }
    await Mirror.open(state, remote.url, null);
    expect(readdirSync(mirror.clonesDir).sort()).toEqual([basename(dir), `${basename(dir)}.json`]);
  });

  it('cannot be made while the repository is unreachable', async () => {
    renameSync(remote.url, `${remote.url}-away`);
    await expect(begin()).rejects.toThrow('git ls-remote failed');
    renameSync(`${remote.url}-away`, remote.url);
    await begin();
  });
});

describe('committed work', () => {
  it('is taken over and pushed, and nothing else is', async () => {
    const clone = await begin();
    commit(clone.dir, 'one.txt');
    runGit(clone.dir, 'branch', 'private');
    writeFileSync(join(clone.dir, 'uncommitted.txt'), '');
    const at = commit(clone.dir, 'two.txt');
    expect(await publish(clone)).toEqual({ branch, commit: at });
    expect(remote.branch(branch)).toEqual({ commit: at, files: ['README.md', 'one.txt', 'two.txt'], commits: 3 });
    expect(remote.branches().sort()).toEqual([branch, 'main']);
    expect(await takeOver(mirror, clone.run, clone)).toBe(false);
  });

  it('is taken over repeatedly while the agent works', async () => {
    const clone = await begin();
    for (const file of ['one', 'two', 'three']) {
      const at = commit(clone.dir, file);
      expect(await takeOver(mirror, clone.run, clone)).toBe(true);
      await pushKept(mirror, id);
      expect(remote.ref(`refs/automation/${id}/attempt-1`)).toBe(at);
      expect(remote.branch(branch)).toBeNull();
    }
    runGit(clone.dir, 'gc', '--quiet', '--prune=now');
    const at = commit(clone.dir, 'four');
    await publish(clone);
    expect(remote.branch(branch)).toMatchObject({ commit: at, commits: 5 });
  });

  it('may rewrite what the same attempt pushed before', async () => {
    const clone = await begin();
    commit(clone.dir, 'one');
    await publish(clone);
    runGit(clone.dir, 'commit', '--quiet', '--amend', '--message', 'Better said');
    await publish(clone);
    expect(remote.branch(branch)).toMatchObject({ commit: clone.taken, commits: 2 });
  });

  it('goes to another branch if someone else moved the branch meanwhile', async () => {
    const clone = await begin(3);
    const ours = commit(clone.dir, 'ours.txt');
    const theirs = remote.pushTo(branch, 'theirs.txt');
    expect(await publish(clone)).toEqual({ branch: `${branch}-attempt-3`, commit: ours });
    expect(remote.branch(branch)?.commit).toBe(theirs);
    expect(remote.branch(`${branch}-attempt-3`)?.commit).toBe(ours);
  });

  it('is none if nothing was committed', async () => {
    const clone = await begin();
    expect(await publish(clone)).toBeNull();
    expect(remote.branches()).toEqual(['main']);
  });

  it('waits here while the repository refuses pushes', async () => {
    const clone = await begin();
    commit(clone.dir, 'one');
    renameSync(remote.url, `${remote.url}-away`);
    await expect(publish(clone)).rejects.toThrow('git ls-remote failed');
    await expect(pushKept(mirror, id)).rejects.toThrow('git push failed');
    renameSync(`${remote.url}-away`, remote.url);
    expect(await publish(clone)).toEqual({ branch, commit: clone.taken });
  });
});

describe('unpushed work', () => {
  it('is delivered by the next attempt, even if that adds nothing', async () => {
    const first = await begin();
    const at = commit(first.dir, 'one.txt');
    remote.hook('pre-receive', 'exit 1');
    await takeOver(mirror, first.run, first);
    await expect(pushKept(mirror, id)).rejects.toThrow('pre-receive hook declined');
    remote.hook('pre-receive', null);
    expect(await publish(await begin(2))).toEqual({ branch, commit: at });
    expect(remote.branch(branch)?.commit).toBe(at);
  });
});

describe('a branch that a person deleted', () => {
  it('does not come back, even with another worker, but new work is written to it', async () => {
    const first = await begin();
    commit(first.dir, 'one.txt');
    await publish(first);
    await pushKept(mirror, id);
    runGit(remote.url, 'update-ref', '-d', `refs/heads/${branch}`);
    await expect(publish(first)).rejects.toThrow('was deleted from the repository');
    const elsewhere = mkdtempSync(join(tmpdir(), 'automation-mirror-'));
    expect((await begin(2, await Mirror.open(elsewhere, remote.url, null))).start).toBe(remote.main);
    rmSync(elsewhere, { recursive: true, force: true });
    const second = await begin(2);
    expect(second.start).toBe(remote.main);
    expect(await publish(second)).toBeNull();
    expect(remote.branch(branch)).toBeNull();
    const at = commit(second.dir, 'two.txt');
    expect(await publish(second)).toEqual({ branch, commit: at });
    expect(remote.branch(branch)?.files).toEqual(['README.md', 'two.txt']);
  });

  it("does not come back from an attempt's kept work either", async () => {
    const first = await begin();
    commit(first.dir, 'one.txt');
    await takeOver(mirror, first.run, first);
    await pushKept(mirror, id);
    runGit(remote.url, 'update-ref', '-d', `refs/automation/${id}/attempt-1`);
    expect((await begin(2)).start).toBe(remote.main);
  });
});

describe('a change of CI files', () => {
  it('is held, however it is made, and nothing else is', async () => {
    const clone = await begin();
    const order = { ...clone.run, branch, seen: null, holdsCi: true };
    /** Commits these files alone. */
    const change = (files: readonly string[]): void => {
      runGit(clone.dir, 'checkout', '--quiet', '--force', '-B', branch, remote.main);
      for (const file of files) {
        mkdirSync(dirname(join(clone.dir, file)), { recursive: true });
        writeFileSync(join(clone.dir, file), file);
      }
      runGit(clone.dir, 'add', '.');
      runGit(clone.dir, 'commit', '--quiet', '--message', 'Change');
    };
    const batches = [
      ['.circleci/config.yml', '.github/workflows/x.yml', '.gitlab-ci.yml', 'Jenkinsfile', 'deploy/Jenkinsfile.prod'],
      ['.GitHub/Workflows/deep/x.yml', '.buildkite/pipeline.yml', '.drone.yml', '.travis.yml'],
      // A file in place of a folder.
      ['.github', 'azure-pipelines-nightly.yml', 'bitbucket-pipelines.yml'],
    ];
    for (const files of batches) {
      change(files);
      await takeOver(mirror, clone.run, clone);
      await expect(deliver(mirror, { ...order, commit: clone.taken })).rejects.toThrow(
        `changes CI files (${files.join(', ')})`,
      );
    }
    expect(remote.branches()).toEqual(['main']);
    expect(await deliver(mirror, { ...order, commit: clone.taken, holdsCi: false })).toEqual({
      branch,
      commit: clone.taken,
    });
    change(['docs/.github/workflows/x.yml']);
    expect(await publish(clone)).toEqual({ branch, commit: clone.taken });
  });
});

describe('an agent that makes its clone hostile', () => {
  /** A program that leaves a trace where it is run. */
  function trap(): { readonly program: string; readonly sprung: () => boolean } {
    const trace = join(state, `sprung-${randomUUID()}`);
    const program = `${trace}.sh`;
    writeFileSync(program, `#!/bin/sh\ntouch ${trace}\ncat\n`);
    chmodSync(program, 0o755);
    return { program, sprung: () => existsSync(trace) };
  }

  it('has none of its settings, hooks and attributes run by the worker', async () => {
    const clone = await begin();
    const { program, sprung } = trap();
    const at = commit(clone.dir, 'good.txt');
    const git = join(clone.dir, '.git');
    mkdirSync(join(git, 'hooks'));
    for (const hook of [
      'pre-push',
      'post-checkout',
      'reference-transaction',
      'post-receive',
      'update',
      'pre-receive',
      'fsmonitor-watchman',
      'post-index-change',
      'pre-auto-gc',
    ]) {
      cpSync(program, join(git, 'hooks', hook));
    }
    for (const [name, value] of [
      ['core.hooksPath', join(git, 'hooks')],
      ['core.fsmonitor', program],
      ['core.sshCommand', program],
      ['core.pager', program],
      ['core.editor', program],
      ['core.askPass', program],
      ['core.gitProxy', program],
      ['filter.x.clean', program],
      ['filter.x.smudge', program],
      ['filter.x.process', program],
      ['diff.external', program],
      ['uploadpack.packObjectsHook', program],
      ['credential.helper', `!${program}`],
      ['remote.origin.url', `ext::${program}`],
      ['remote.origin.uploadpack', program],
      ['alias.fetch', `!${program}`],
      ['gpg.program', program],
    ] as const) {
      runGit(clone.dir, 'config', name, value);
    }
    writeFileSync(join(clone.dir, '.gitattributes'), '* filter=x diff=x merge=x\n');
    writeFileSync(join(git, 'info-attributes'), '* filter=x\n');
    mkdirSync(join(git, 'info'), { recursive: true });
    writeFileSync(join(git, 'info/attributes'), '* filter=x\n');
    expect(await publish(clone)).toEqual({ branch, commit: at });
    await begin();
    expect(sprung()).toBe(false);
    // The trap is a good one: git that is run inside of the clone springs it.
    runGit(clone.dir, 'status');
    expect(sprung()).toBe(true);
  });

  it('cannot publish another repository of this machine through alternates', async () => {
    const secret = new Remote();
    const hidden = secret.pushTo('hidden', 'secret.txt');
    const clone = await begin();
    writeFileSync(join(clone.dir, '.git/objects/info/alternates'), `${join(secret.url, 'objects')}\n`);
    writeFileSync(join(clone.dir, '.git/refs/heads', branch), `${hidden}\n`);
    await expect(publish(clone)).rejects.toThrow('git update-ref failed');
    expect(remote.branches()).toEqual(['main']);
    secret.dispose();
  });

  it.each([
    [
      'a pack',
      (objects: string, secret: string) => {
        const [pack = ''] = readdirSync(join(secret, 'pack')).filter((name) => name.endsWith('.pack'));
        symlinkSync(join(secret, 'pack', pack), join(objects, 'pack', pack));
      },
    ],
    [
      'the folder of packs',
      (objects: string, secret: string) => {
        rmSync(join(objects, 'pack'), { recursive: true, force: true });
        symlinkSync(join(secret, 'pack'), join(objects, 'pack'));
      },
    ],
  ])('cannot have files of this machine read through a link in place of %s', async (_, link) => {
    const secret = new Remote();
    secret.pushTo('hidden', 'secret.txt');
    runGit(secret.url, 'repack', '-adq');
    const clone = await begin();
    commit(clone.dir, 'one');
    link(join(clone.dir, '.git/objects'), join(secret.url, 'objects'));
    await expect(publish(clone)).rejects.toThrow(/something else than a file/);
    expect(remote.branches()).toEqual(['main']);
    secret.dispose();
  });

  it('gets no broken or forged object through', async () => {
    const clone = await begin();
    const at = commit(clone.dir, 'one');
    const object = join(clone.dir, '.git/objects', at.slice(0, 2), at.slice(2));
    chmodSync(object, 0o644);
    writeFileSync(object, 'nonsense');
    await expect(publish(clone)).rejects.toThrow(/git \S+ failed/);
    expect(remote.branches()).toEqual(['main']);
  });

  it.each(['../../../../etc/passwd', '--upload-pack=x', 'refs/heads/main\n', ''])(
    'cannot name %j as its commit',
    async (name) => {
      const clone = await begin();
      writeFileSync(join(clone.dir, '.git/refs/heads', branch), name);
      writeFileSync(join(clone.dir, '.git/HEAD'), `ref: ${name}`);
      await expect(publish(clone)).rejects.toThrow('cannot be read');
      expect(remote.branches()).toEqual(['main']);
    },
  );

  it('that deleted its repository leaves nothing that could be taken for it', async () => {
    const clone = await begin();
    rmSync(join(clone.dir, '.git'), { recursive: true });
    await expect(publish(clone)).rejects.toThrow('its .git is gone');
    symlinkSync('/', join(clone.dir, '.git'));
    await expect(publish(clone)).rejects.toThrow(/something else than a file/);
    rmSync(join(clone.dir, '.git'));
    const secret = new Remote();
    symlinkSync(secret.url, join(clone.dir, '.git'));
    await expect(publish(clone)).rejects.toThrow(/something else than a file/);
    secret.dispose();
  });

  it('cannot pass off another repository of this machine with a file in place of .git', async () => {
    const secret = new Remote();
    const clone = await begin();
    rmSync(join(clone.dir, '.git'), { recursive: true });
    for (const place of [secret.url, '../../mirror.git', '.']) {
      writeFileSync(join(clone.dir, '.git'), `gitdir: ${place}\n`);
      await expect(publish(clone)).rejects.toThrow('cannot be read');
    }
    expect(remote.branches()).toEqual(['main']);
    secret.dispose();
  });
});
