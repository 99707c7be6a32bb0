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

/** Work of an agent that the worker's own mirror has. */
export interface Work {
  readonly requestId: string;
  /** Of the attempt that made it. */
  readonly attempt: number;
  readonly commit: string;
  /** Where it is kept until it is delivered. */
  readonly ref: string;
  /** What the remote had at the request's branch when the agent began; left out where that is not known. */
  readonly seen?: string | null;
}

/** How long a call to the repository may be repeated, and what cuts it short. */
export interface Patience {
  /** As of `performance.now()`. */
  readonly until: number;
  /** The worker is stopping: what is under way gets a few seconds more. */
  readonly stopping: AbortSignal;
}

/** Where an agent works, and what becomes of its work. */
export interface Workspace {
  /** Absolute. */
  readonly dir: string;
  /** Keeps what the agent has committed by now at the remote. What fails is tried again next time. */
  checkpoint(): void;
  /**
   * After the agent's end: takes over all that it has committed. Null where nobody looks after that.
   *
   * @throws GitError, HostileRepository when not all of it can be read; the clone then stays
   */
  take(): Promise<Work | null>;
  /** Sees to it that all of the work is at the remote, and removes the clone if it is; else says why it is kept, in words. */
  close(patience: Patience): Promise<string | null>;
}

export interface Workspaces {
  /** Whether what agents commit is delivered. */
  readonly delivers: boolean;
  /** @throws GitError when the repository cannot be reached */
  prepare(run: Run): Promise<Workspace>;
  /** What an earlier life of this worker left of a run; null when it left nothing. */
  reopen(runId: string): Promise<Workspace | null>;
  /** The runs of which something is left. */
  left(): Promise<readonly string[]>;
  /**
   * Finds work that was not delivered; null when neither the remote nor this worker has it.
   *
   * @throws GitError when the remote cannot be reached
   */
  find(requestId: string, wanted: Wanted): Promise<Work | null>;
  /**
   * Writes work to its request's branch; null when there is nothing the repository does not have.
   *
   * @throws GitError when the remote does not take it, NotDelivered when a person has to look first
   */
  deliver(work: Work, options: { readonly approved: boolean }, patience: Patience): Promise<Written | null>;
  /** Brings what was kept of a request to the remote; its clones go once nothing is missing there. */
  clear(requestId: string, patience: Patience): Promise<void>;
  /** Why no more work can be taken on, in words; null while there is room. */
  full(): Promise<string | null>;
}

/** One folder for all agents, as they find it; what they leave in it is nobody's business here. */
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
  /** What the names of branches begin with. */
  readonly branchPrefix: string;
  /** Whether a change of what CI runs waits for a person. */
  readonly holdsCi: boolean;
  /** How much of the disk kept clones may take, in bytes, before nothing more is taken on. */
  readonly keptBytes: number;
  /** At or above the mirror: the first folder that is the worker's to open for the agent's user. */
  readonly outermost: string;
  /** Whose the clones are to be; the worker's own when null. */
  readonly owner: AgentUser | null;
  readonly log: Logger;
}

/** A clone for each attempt, removed when all that was committed in it is at the remote. */
export async function clones(options: CloneOptions): Promise<Workspaces> {
  const { mirror, log, branchPrefix } = options;
  const { clonesDir } = mirror;
  if (options.owner) await openWay(options.owner, clonesDir, await realpath(options.outermost));

  /** The work of another repository, which this state folder was used for before, goes to that one. */
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
  /** Those of a run that is over. */
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
      // Of clones that are gone, when the remote had not taken it.
      await insist(patience, log, (signal) => pushKept(mirror, requestId, signal)).catch((error: unknown) => {
        log.warn({ err: error, request_id: requestId }, 'what is kept could not be pushed');
      });
    },
    async full() {
      let bytes = 0;
      for (const { runId } of await listKept(clonesDir)) bytes += await cloneBytes(clonesDir, runId);
      if (bytes <= options.keptBytes) return null;
      const mib = (count: number): number => Math.ceil(count / 1024 ** 2);
      return `Clones that had to be kept take ${mib(bytes)} MiB of ${mib(options.keptBytes)}: see "npm run worker -- clones list".`;
    },
  };
}

/** Before the agent has been there, and links are not followed. */
async function giveAway(dir: string, { uid, gid }: AgentUser): Promise<void> {
  const end = await runCommand('chown', ['-hR', `${uid}:${gid}`, dir], { cwd: '/', env: process.env, limitMs: 60_000 });
  if (end.code !== 0) throw new Error(`The clone could not be given to the agent's user: ${end.complaint}`);
}
