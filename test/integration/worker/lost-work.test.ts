/**
 * No commit of an agent is lost: however it leaves its branch, however the remote fails, and wherever the worker is killed, each one is
 * at the remote or in a clone that is kept and listed; and once the remote takes what it is given, it is at the remote.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { listKept } from '../../../src/worker/repository/clone.ts';
import { Mirror } from '../../../src/worker/repository/mirror.ts';
import type { Work, Workspace, Workspaces } from '../../../src/worker/repository/workspace.ts';
import { clones } from '../../../src/worker/repository/workspace.ts';
import { commit, Remote, runGit } from '../../support/repository.ts';

const LOG = createLogger('fatal');
/** One try. */
const now = () => ({ until: 0, stopping: new AbortController().signal });

interface Way {
  readonly name: string;
  /** What an agent does in its clone; answers the commits it made. The first is the one to be delivered. */
  readonly leave: (dir: string, branch: string) => readonly string[];
  /** The clone cannot be read afterwards. */
  readonly unreadable?: true;
}

const WAYS: readonly Way[] = [
  { name: 'on its branch', leave: (dir) => [commit(dir, 'a'), commit(dir, 'b')].reverse() },
  ...[
    ['checkout', '-b'],
    ['switch', '-c'],
    ['checkout', '--detach'],
    ['checkout', '--orphan'],
  ].map(([command = '', option = '']): Way => ({
    name: `${command} ${option}`,
    leave: (dir) => {
      runGit(dir, command, '--quiet', option, ...(option === '--detach' ? [] : ['fix/x']));
      return [commit(dir, 'a')];
    },
  })),
  {
    name: 'branch -m',
    leave: (dir) => {
      const made = commit(dir, 'a');
      runGit(dir, 'branch', '-m', 'fix/x');
      return [made];
    },
  },
  {
    name: 'its branch, and another one besides',
    leave: (dir, branch) => {
      runGit(dir, 'checkout', '--quiet', '-b', 'fix/x');
      const other = commit(dir, 'b');
      runGit(dir, 'checkout', '--quiet', branch);
      return [commit(dir, 'a'), other];
    },
  },
  {
    name: 'its branch deleted for another one',
    leave: (dir, branch) => {
      runGit(dir, 'checkout', '--quiet', '-b', 'fix/x');
      runGit(dir, 'branch', '-D', branch);
      return [commit(dir, 'a')];
    },
  },
  {
    name: 'worktree add',
    leave: (dir) => {
      const tree = join(dir, 'tree');
      runGit(dir, 'worktree', 'add', '--quiet', '--detach', tree);
      const other = commit(tree, 'b');
      return [commit(dir, 'a'), other];
    },
  },
  {
    name: 'stashes and tags',
    leave: (dir, branch) => {
      const stash = (file: string) => {
        writeFileSync(join(dir, file), file);
        runGit(dir, 'stash', 'push', '--quiet', '--include-untracked');
        return runGit(dir, 'rev-parse', 'refs/stash');
      };
      const stashes = [stash('s'), stash('t')];
      runGit(dir, 'checkout', '--quiet', '--detach');
      const other = commit(dir, 'b');
      runGit(dir, 'tag', 'v1');
      runGit(dir, 'checkout', '--quiet', branch);
      return [commit(dir, 'a'), other, ...stashes];
    },
  },
  {
    name: '.git moved within the clone',
    leave: (dir) => {
      const made = commit(dir, 'a');
      renameSync(join(dir, '.git'), join(dir, 'elsewhere.git'));
      writeFileSync(join(dir, '.git'), 'gitdir: elsewhere.git\n');
      return [made];
    },
  },
  {
    name: 'packed-refs over 4 MiB',
    leave: (dir) => {
      const made = commit(dir, 'a');
      runGit(dir, 'pack-refs', '--all');
      const lines = Array.from({ length: 60_000 }, (_, n) => `${made} refs/tags/${String(n).padStart(40, '0')}\n`);
      const refs = runGit(dir, 'for-each-ref', '--format=%(objectname) %(refname)');
      writeFileSync(join(dir, '.git/packed-refs'), `${refs}\n${lines.join('')}`);
      return [made];
    },
  },
  ...(
    [
      ['a HEAD that is nonsense', (git: string) => writeFileSync(join(git, 'HEAD'), 'nonsense')],
      ['a ref that is nonsense', (git: string) => writeFileSync(join(git, 'refs/heads/x'), 'nonsense')],
      ['a ref that names no object', (git: string) => writeFileSync(join(git, 'refs/heads/x'), `${'1'.repeat(40)}\n`)],
      ['a reftable', (git: string) => writeFileSync(join(git, 'reftable'), '')],
      ['no .git any more', (git: string) => renameSync(git, `${git}-old`)],
    ] as const
  ).map(([name, spoil]): Way => ({
    name,
    unreadable: true,
    leave: (dir) => {
      const made = commit(dir, 'a');
      spoil(join(dir, '.git'));
      return [made];
    },
  })),
];

interface Failure {
  readonly name: string;
  readonly begin: (remote: Remote) => void;
  readonly end: (remote: Remote) => void;
}

const away = (remote: Remote) => renameSync(remote.url, `${remote.url}-away`);
const back = (remote: Remote) => renameSync(`${remote.url}-away`, remote.url);
const refusing = (name: string, refs: string): Failure => ({
  name,
  begin: (remote) => remote.hook('update', `case "$1" in ${refs}) exit 1;; esac`),
  end: (remote) => remote.hook('update', null),
});
const FAILURES: readonly Failure[] = [
  { name: 'takes everything', begin: () => undefined, end: () => undefined },
  { name: 'is away', begin: away, end: back },
  {
    name: 'refuses everything',
    begin: (remote) => remote.hook('pre-receive', 'exit 1'),
    end: (remote) => remote.hook('pre-receive', null),
  },
  refusing('refuses what is no branch', 'refs/automation/*'),
  refusing('refuses branches', 'refs/heads/*'),
  {
    name: 'has a branch in the way',
    begin: (remote) => {
      for (const name of remote.branches())
        if (name !== 'main') runGit(remote.url, 'update-ref', '-d', `refs/heads/${name}`);
      remote.pushTo('automation', 'x');
    },
    end: (remote) => runGit(remote.url, 'update-ref', '-d', 'refs/heads/automation'),
  },
];

/** After how many of the steps the worker is killed. */
const STEPS = ['agent', 'taken', 'delivered', 'closed'] as const;

describe.each(FAILURES)('while the remote $name', ({ begin, end }) => {
  const failureNumber = FAILURES.findIndex((it) => it.begin === begin);
  let remote: Remote;
  let state: string;
  let workspaces: Workspaces;
  let clonesDir: string;

  /** As the next life of the worker does it. */
  async function open(): Promise<void> {
    const mirror = await Mirror.open(state, remote.url, null);
    clonesDir = mirror.clonesDir;
    const common = { branchPrefix: 'automation/', holdsCi: true, keptBytes: 0, outermost: state, owner: null };
    workspaces = await clones({ mirror, ...common, log: LOG });
  }

  beforeAll(async () => {
    remote = new Remote();
    state = mkdtempSync(join(tmpdir(), 'automation-lost-'));
    await open();
  });
  afterAll(() => {
    remote.dispose();
    rmSync(state, { recursive: true, force: true });
  });

  /** What is done after an agent's end, as far as a step. Failures are the remote's. */
  async function settle(workspace: Workspace, last: (typeof STEPS)[number]): Promise<Work | null> {
    if (last === 'agent') return null;
    const work = await workspace.take().catch(() => null);
    if (last === 'taken') return work;
    if (work) await workspaces.deliver(work, { approved: false }, now()).catch(() => undefined);
    if (last === 'closed') await workspace.close(now());
    return work;
  }

  /** Whether a commit is in a clone that is there. */
  const isInClone = (dir: string, made: string): boolean =>
    [join(dir, '.git'), join(dir, 'elsewhere.git'), join(dir, '.git-old')].some((git) =>
      existsSync(join(git, 'objects', made.slice(0, 2), made.slice(2))),
    );

  // Each way once, each once more with one of the failures, and the kills in turn: all of all would take minutes. The way that leaves two
  // branches goes with every failure.
  const ways = failureNumber === 0 ? WAYS : WAYS.filter((_, n) => n % 5 === failureNumber % 5 || n === 6);
  it.each(ways.map((way, n) => ({ way, last: STEPS[(n + failureNumber) % STEPS.length] ?? 'closed' })))(
    'nothing is lost: $way.name, killed when $last',
    async ({ way, last }) => {
      const run = { runId: randomUUID(), requestId: randomUUID(), attempt: 1 };
      const workspace = await workspaces.prepare(run);
      const branch = `automation/${run.requestId}`;
      const made = way.leave(workspace.dir, branch);
      begin(remote);
      await settle(workspace, last);
      const isKept = existsSync(workspace.dir);
      const listed = await listKept(clonesDir);
      end(remote);
      const there = remote.commits();
      for (const id of made) expect(there.has(id) || (isKept && isInClone(workspace.dir, id))).toBe(true);
      if (last === 'closed') expect(listed.some(({ runId }) => runId === run.runId)).toBe(isKept);

      await open();
      const left = await workspaces.reopen(run.runId);
      if (left) await settle(left, 'closed');
      if (way.unreadable) {
        const kept = await listKept(clonesDir);
        expect(kept.find(({ runId }) => runId === run.runId)?.memory?.kept?.reason).toMatch(/cannot be read|failed/);
        for (const id of made) expect(isInClone(workspace.dir, id)).toBe(true);
        return;
      }
      expect(existsSync(workspace.dir)).toBe(false);
      expect([...remote.commits()]).toEqual(expect.arrayContaining([...made]));
      if (!left) {
        // What was closed before can only be found by the deliver-only attempt that follows.
        const ref = `refs/automation/${run.requestId}/attempt-1`;
        const work = await workspaces.find(run.requestId, { commit: null, ref });
        if (work) await workspaces.deliver(work, { approved: false }, now());
      }
      expect(remote.ref(`refs/heads/${branch}`)).toBe(made[0]);
    },
  );
});
