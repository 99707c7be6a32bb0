import { realpath } from 'node:fs/promises';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import { openWay } from '../programs/agent-user.ts';
import type { Memory, Run } from './clone.ts';
import { cloneBytes, listClones, listKept, recall, remember, removeClone } from './clone.ts';
import { ClonePlace } from './clone-place.ts';
import type { Wanted, Written } from './deliver.ts';
import { deliver, findWork } from './deliver.ts';
import { pushKept } from './handover.ts';
import { insist } from './insist.ts';
import type { Mirror } from './mirror.ts';
import { numberOf } from './names.ts';
import { runCommand } from '../programs/run-command.ts';

/** Work of an agent that is in the worker's mirror. */
export interface Work {
  readonly requestId: string;
  /** Number of the attempt that produced it. */
  readonly attempt: number;
  readonly commit: string;
  /** Ref that holds it until it is delivered. */
  readonly ref: string;
  /** Commit at the request's branch on the remote when the agent started; null for no branch, missing when unknown. */
  readonly seen?: string | null;
}

/** How long a call to the repository may be retried. */
export interface Patience {
  /** Deadline for retries, in ms of `performance.now()`. */
  readonly until: number;
  /** Aborted when the worker is stopping: a call under way gets 10 s more. */
  readonly stopping: AbortSignal;
}

/** The folder an agent works in, and the handling of its work. */
export interface Workspace {
  /** Absolute path. */
  readonly dir: string;
  /** Starts pushing the agent's commits so far to the remote. A failure is logged, and the next call tries again. */
  checkpoint(): void;
  /**
   * Takes over everything the agent has committed, after the agent has ended. Null when there is no repository.
   *
   * @throws GitError, HostileRepository when not all of it can be read; the clone is then kept
   */
  take(): Promise<Work | null>;
  /** Pushes what is missing at the remote and removes the clone. Returns why the clone is kept, or null when it was removed. */
  close(patience: Patience): Promise<string | null>;
}

export interface Workspaces {
  /** Whether the worker delivers what agents commit. */
  readonly delivers: boolean;
  /** Creates the workspace for a run. @throws GitError when the repository cannot be reached */
  prepare(run: Run): Promise<Workspace>;
  /** Opens the workspace that an earlier run of this worker left; null when there is none. */
  reopen(runId: string): Promise<Workspace | null>;
  /** Ids of runs whose workspace still exists. */
  left(): Promise<readonly string[]>;
  /**
   * Finds undelivered work; null when neither the remote nor this worker has it.
   *
   * @throws GitError when the remote cannot be reached
   */
  find(requestId: string, wanted: Wanted): Promise<Work | null>;
  /**
   * Pushes work to its request's branch; null when the repository has all of it already.
   *
   * @throws GitError when the remote rejects the push or cannot be reached
   * @throws NotDelivered when a person has to decide first
   */
  deliver(work: Work, options: { readonly approved: boolean }, patience: Patience): Promise<Written | null>;
  /** Pushes what was kept of a request, and removes its clones once nothing is missing at the remote. Logs failures. */
  clear(requestId: string, patience: Patience): Promise<void>;
  /** Why no more requests can be claimed, as a sentence; null while there is room on disk. */
  full(): Promise<string | null>;
}

/** One folder shared by all agents. The worker does nothing with what they leave in it. */
export function sharedFolder(dir: string): Workspaces {
  const workspace: Workspace = {
    dir,
    checkpoint: () => undefined,
    take: () => Promise.resolve(null),
    close: () => Promise.resolve(null),
  };
  return {
    delivers: false,
    prepare: () => Promise.resolve(workspace),
    reopen: () => Promise.resolve(null),
    left: () => Promise.resolve([]),
    find: () => Promise.resolve(null),
    deliver: () => Promise.resolve(null),
    clear: () => Promise.resolve(),
    full: () => Promise.resolve(null),
  };
}

export interface CloneOptions {
  readonly mirror: Mirror;
  /** Prefix of branch names. */
  readonly branchPrefix: string;
  /** Whether changes to CI files need a person's approval. */
  readonly holdsCi: boolean;
  /** Disk space kept clones may use, in bytes. No requests are claimed beyond it. */
  readonly keptBytes: number;
  /** The mirror's folder or one above it: the topmost folder whose mode the worker may change for the agent's user. */
  readonly outermost: string;
  /** Owner of the clones; null means the worker's own user. */
  readonly owner: AgentUser | null;
  readonly log: Logger;
}

/** Gives each attempt its own clone, which is removed when all its commits are at the remote. */
export async function clones(options: CloneOptions): Promise<Workspaces> {
  const { mirror, log, branchPrefix } = options;
  const { clonesDir } = mirror;
  if (options.owner) await openWay(options.owner, clonesDir, await realpath(options.outermost));

  /** The state folder may hold work of a repository configured earlier, which goes to that repository. */
  const mirrors = new Map([[mirror.url, Promise.resolve(mirror)]]);
  const mirrorOf = ({ remote }: Memory): Promise<Mirror> => {
    const known = mirrors.get(remote) ?? mirror.sibling(remote);
    mirrors.set(remote, known);
    return known;
  };
  const reopen = async (runId: string): Promise<ClonePlace | null> => {
    const memory = await recall(clonesDir, runId);
    if (memory === null) await removeClone(clonesDir, runId);
    return memory && new ClonePlace(await mirrorOf(memory), memory, log);
  };
  /** The request's clones that were kept after their run. */
  const kept = async (requestId: string): Promise<readonly ClonePlace[]> => {
    const all = await listKept(clonesDir);
    return all
      .map(({ memory }) => memory)
      .filter((memory) => memory !== null)
      .filter(({ run, remote }) => run.requestId === requestId && remote === mirror.url)
      .map((memory) => new ClonePlace(mirror, memory, log));
  };
  const takeFrom = async (place: ClonePlace): Promise<void> => {
    await place.take().catch((error: unknown) => {
      log.warn({ err: error, dir: place.dir }, 'a kept clone cannot be read');
    });
  };

  return {
    delivers: true,
    async prepare(run) {
      const clone = await mirror.clone(run.runId, run.requestId, `${branchPrefix}${run.requestId}`);
      if (options.owner) await giveAway(clone.dir, options.owner);
      log.info({ request_id: run.requestId, attempt: run.attempt, start: clone.start, branch: clone.branch }, 'cloned');
      const memory = { run, clone, remote: mirror.url, kept: null };
      await remember(clonesDir, memory);
      return new ClonePlace(mirror, memory, log);
    },
    reopen,
    left: () => listClones(clonesDir),
    async find(requestId, wanted) {
      for (const place of await kept(requestId)) await takeFrom(place);
      const commit = await findWork(mirror, requestId, wanted);
      const attempt = numberOf(wanted.ref, 'attempt');
      return commit === null || attempt === null ? null : { requestId, attempt, commit, ref: wanted.ref };
    },
    deliver: (work, { approved }, patience) =>
      insist(patience, log, async (signal) => {
        const order = { ...work, branch: `${branchPrefix}${work.requestId}`, holdsCi: options.holdsCi && !approved };
        const written = await deliver(mirror, order, signal);
        if (written) log.info({ request_id: work.requestId, ...written }, 'work delivered');
        return written;
      }),
    async clear(requestId, patience) {
      for (const place of await kept(requestId)) {
        await takeFrom(place);
        await place.close(patience);
      }
      // Work of removed clones may still be waiting for a push.
      await insist(patience, log, (signal) => pushKept(mirror, requestId, signal)).catch((error: unknown) => {
        log.warn({ err: error, request_id: requestId }, 'could not push kept work');
      });
    },
    async full() {
      let bytes = 0;
      for (const { runId } of await listKept(clonesDir)) bytes += await cloneBytes(clonesDir, runId);
      if (bytes <= options.keptBytes) return null;
      const mib = (count: number): number => Math.ceil(count / 1024 ** 2);
      return `Kept clones use ${mib(bytes)} MiB of ${mib(options.keptBytes)} MiB: see "npm run worker -- clones list".`;
    },
  };
}

/** Changes the owner of a clone before an agent uses it. Links are not followed. */
async function giveAway(dir: string, { uid, gid }: AgentUser): Promise<void> {
  const end = await runCommand('chown', ['-hR', `${uid}:${gid}`, dir], { cwd: '/', env: process.env, limitMs: 60_000 });
  if (end.code !== 0) throw new Error(`Could not change the owner of the clone to the agent's user: ${end.complaint}`);
}
