/**
 * A state folder as a worker wrote it when there was one mirror for whatever repository was configured, and a branch that was pushed while
 * the agent worked. Nothing of it is lost: its work gets to the repository, and the next attempt goes on from there.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { Journal } from '../../../src/worker/journal.ts';
import { Mirror } from '../../../src/worker/repository/mirror.ts';
import type { Workspaces } from '../../../src/worker/repository/workspace.ts';
import { clones } from '../../../src/worker/repository/workspace.ts';
import { commit, Remote, runGit } from '../../support/repository.ts';

const LOG = createLogger('silent');
/** One try. */
const now = () => ({ until: 0, stopping: new AbortController().signal });

let remote: Remote;
let state: string;
let run: { readonly runId: string; readonly requestId: string; readonly attempt: number };

beforeEach(() => {
  remote = new Remote();
  state = mkdtempSync(join(tmpdir(), 'automation-former-'));
  run = { runId: randomUUID(), requestId: randomUUID(), attempt: 1 };
});
afterEach(() => {
  remote.dispose();
  rmSync(state, { recursive: true, force: true });
});

/** The calls of git, and the files, of that worker. */
class FormerState {
  readonly mirror = join(state, 'repository/mirror.git');
  readonly dir = join(state, 'repository/clones', run.runId);
  readonly branch = `automation/${run.requestId}`;
  #seen: string | null = null;
  #taken = remote.main;

  constructor() {
    mkdirSync(join(state, 'repository/clones'), { recursive: true, mode: 0o700 });
    runGit(state, 'init', '--quiet', '--bare', '--template=', this.mirror);
    const refs = '+refs/heads/*:refs/remotes/origin/*';
    runGit(this.mirror, 'fetch', '--quiet', '--prune', '--no-tags', remote.url, refs);
    runGit(state, 'init', '--quiet', '--template=', '--initial-branch=main', this.dir);
    const main = 'refs/remotes/origin/main';
    const wanted = [`+${main}:refs/heads/${this.branch}`, `+${main}:refs/heads/main`];
    runGit(this.dir, 'fetch', '--quiet', '--no-tags', '--update-head-ok', this.mirror, ...wanted);
    runGit(this.dir, 'checkout', '--quiet', this.branch);
    this.#remember();
    mkdirSync(join(state, 'attempts'), { mode: 0o700 });
    const claim = { attempt: run.attempt, attemptToken: 'a-token' };
    const undertaking = { ...identity(), correlationId: null, since: '2026-11-20T10:00:00.000Z', claim, report: null };
    writeFileSync(join(state, 'attempts', `${run.runId}.json`), `${JSON.stringify(undertaking)}\n`);
  }

  takeOver(): void {
    const intake = `${this.dir}.intake`;
    runGit(state, 'init', '--quiet', '--bare', '--template=', intake);
    this.#taken = runGit(this.dir, 'rev-parse', this.branch);
    const to = `+refs/heads/${this.branch}:refs/heads/${this.branch}`;
    runGit(this.mirror, 'fetch', '--quiet', '--no-tags', this.dir, to);
    this.#remember();
  }

  push(): void {
    runGit(this.mirror, 'push', '--quiet', remote.url, `${this.#taken}:refs/heads/${this.branch}`);
    this.#seen = this.#taken;
    this.#remember();
  }

  #remember(): void {
    const clone = { dir: this.dir, branch: this.branch, start: remote.main, seen: this.#seen, taken: this.#taken };
    writeFileSync(`${this.dir}.json`, JSON.stringify({ run, clone }), { mode: 0o600 });
  }
}

const identity = () => ({ runId: run.runId, requestId: run.requestId });

/** As a worker of today begins. */
async function open(): Promise<Workspaces> {
  const mirror = await Mirror.open(state, remote.url, null);
  const common = { branchPrefix: 'automation/', holdsCi: true, keptBytes: 0, outermost: state, owner: null };
  return clones({ mirror, ...common, log: LOG });
}

describe('a killed worker of an earlier version', () => {
  const points: Record<string, (former: FormerState) => void> = {
    'before its work was taken over': () => undefined,
    'before its work was pushed': (former) => former.takeOver(),
    'after its first push': (former) => {
      former.takeOver();
      former.push();
      commit(former.dir, 'two.txt');
    },
    'after its last push': (former) => {
      former.takeOver();
      former.push();
    },
  };
  it.each(Object.entries(points))('%s loses nothing', async (_, arrange) => {
    const former = new FormerState();
    commit(former.dir, 'one.txt');
    arrange(former);
    const last = runGit(former.dir, 'rev-parse', former.branch);

    expect(await (await Journal.open(state)).readAll(LOG)).toMatchObject([{ ...identity(), claim: { attempt: 1 } }]);
    const workspaces = await open();
    expect(await workspaces.left()).toEqual([run.runId]);
    const place = await workspaces.reopen(run.runId);
    expect(await place?.take()).toMatchObject({ commit: last });
    expect(await place?.close(now())).toBeNull();
    expect(existsSync(former.dir)).toBe(false);
    expect(existsSync(former.mirror)).toBe(false);
    expect(remote.has(last)).toBe(true);

    const next = await workspaces.prepare({ ...run, runId: randomUUID(), attempt: 2 });
    expect(runGit(next.dir, 'rev-parse', 'HEAD')).toBe(last);
    const at = commit(next.dir, 'finished.txt');
    const work = await next.take();
    if (work) await workspaces.deliver(work, { approved: false }, now());
    expect(remote.branch(former.branch)?.commit).toBe(at);
  });

  it('is salvaged once the repository is back, and its work stays where it is until then', async () => {
    const former = new FormerState();
    const made = commit(former.dir, 'one.txt');
    remote.hook('pre-receive', 'exit 1');
    const place = await (await open()).reopen(run.runId);
    await place?.take();
    expect(await place?.close(now())).toContain('pre-receive hook declined');
    remote.hook('pre-receive', null);
    const again = await (await open()).reopen(run.runId);
    await again?.take();
    expect(await again?.close(now())).toBeNull();
    expect(remote.has(made)).toBe(true);
  });
});
