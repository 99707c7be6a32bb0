import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { AgentUser } from '../agent/agent-user.ts';
import { openWay } from '../agent/agent-user.ts';
import { backoffMs, pause } from '../patience.ts';
import type { Clone } from './clone.ts';
import { listClones, removeClone } from './clone.ts';
import { GitError } from './git.ts';
import type { Pushed } from './handover.ts';
import { push, takeOver } from './handover.ts';
import { Mirror } from './mirror.ts';
import type { Credentials } from './remote.ts';
import { runCommand } from './run-command.ts';

/** Where an agent works, and what becomes of its work. */
export interface Workspace {
  /** Absolute. */
  readonly dir: string;
  /** Publishes what the agent has committed by now. What fails is tried again next time. */
  checkpoint(): void;
  /** After the agent's end: publishes the rest. In a hurry once the signal came. */
  finish(stopping: AbortSignal): Promise<Outcome>;
}

export interface Outcome {
  /** Null when nothing was committed, or nobody publishes it. */
  readonly pushed: Pushed | null;
  /** What kept the work from being published, in words; it is kept here. Null when nothing did. */
  readonly trouble: string | null;
}

export interface Run {
  readonly runId: string;
  readonly requestId: string;
  readonly attempt: number;
}

export interface Workspaces {
  /** @throws GitError when the repository cannot be reached */
  prepare(run: Run): Promise<Workspace>;
  /** Publishes what an earlier life of this worker left of a run, if it left anything. */
  salvage(runId: string, stopping: AbortSignal): Promise<Pushed | null>;
  /** The runs of which something is left. */
  left(): Promise<readonly string[]>;
}

/** One folder for all agents, as they find it; what they leave in it is nobody's business here. */
export function sharedFolder(dir: string): Workspaces {
  const workspace: Workspace = {
    dir,
    checkpoint: () => undefined,
    finish: () => Promise.resolve({ pushed: null, trouble: null }),
  };
  return {
    prepare: () => Promise.resolve(workspace),
    salvage: () => Promise.resolve(null),
    left: () => Promise.resolve([]),
  };
}

/** A clone for each attempt, removed when all that was committed in it is published. */
export async function clones(options: {
  readonly stateDir: string;
  /** At or above `stateDir`: the first folder that is the worker's to open for the agent's user. */
  readonly outermost: string;
  /** Without credentials. */
  readonly repository: string;
  readonly credentials: Credentials | null;
  readonly base: string | null;
  /** How long the end of a run waits for a repository that takes nothing. */
  readonly publishMs: number;
  /** How many bytes an attempt may commit, unpacked. */
  readonly commitBytes: number;
  /** Whose the clones are to be; the worker's own when null. */
  readonly owner: AgentUser | null;
  readonly log: Logger;
}): Promise<Workspaces> {
  const { log, publishMs, credentials, commitBytes: maxBytes } = options;
  const mirror = await Mirror.open(options.stateDir, options.repository, options.base, { credentials, maxBytes, log });
  if (options.owner) await openWay(options.owner, mirror.clonesDir, await realpath(options.outermost));
  return {
    async prepare(run) {
      const clone = await mirror.clone(run.runId, run.requestId);
      if (options.owner) await giveAway(clone.dir, options.owner);
      log.info({ request_id: run.requestId, attempt: run.attempt, start: clone.start, branch: clone.branch }, 'cloned');
      const place = new ClonePlace(mirror, run, clone, publishMs, log);
      await place.remember();
      return place;
    },
    async salvage(runId, stopping) {
      const remembered = await readRemembered(mirror, runId);
      if (!remembered) {
        await removeClone(mirror, runId);
        return null;
      }
      const place = new ClonePlace(mirror, remembered.run, remembered.clone, publishMs, log);
      const { pushed } = await place.finish(stopping);
      if (pushed) log.warn({ run_id: runId, branch: pushed.branch }, 'published the work of an earlier life');
      return pushed;
    },
    left: () => listClones(mirror),
  };
}

/** How long a call may still take when the worker is stopping. */
const HURRY_MS = 10_000;

class ClonePlace implements Workspace {
  readonly dir: string;
  readonly #mirror: Mirror;
  readonly #run: Run;
  readonly #clone: Clone;
  readonly #publishMs: number;
  readonly #log: Logger;
  #publishing: Promise<unknown> | null = null;

  constructor(mirror: Mirror, run: Run, clone: Clone, publishMs: number, log: Logger) {
    this.#publishMs = publishMs;
    this.dir = clone.dir;
    this.#mirror = mirror;
    this.#run = run;
    this.#clone = clone;
    this.#log = log.child({ request_id: run.requestId, attempt: run.attempt });
  }

  checkpoint(): void {
    this.#publishing ??= this.#publish()
      .catch((error: unknown) => {
        this.#log.warn({ err: error }, 'the work so far could not be published');
      })
      .finally(() => {
        this.#publishing = null;
      });
  }

  async finish(stopping: AbortSignal): Promise<Outcome> {
    const hurry = new AbortController();
    const hurryUp = (): void => {
      setTimeout(() => {
        hurry.abort();
      }, HURRY_MS).unref();
    };
    if (stopping.aborted) hurryUp();
    else stopping.addEventListener('abort', hurryUp, { once: true });
    try {
      return await this.#finish(stopping, hurry.signal);
    } finally {
      stopping.removeEventListener('abort', hurryUp);
    }
  }

  async #finish(stopping: AbortSignal, hurry: AbortSignal): Promise<Outcome> {
    await this.#publishing;
    const limit = performance.now() + this.#publishMs;
    for (let tries = 0; ; tries += 1) {
      try {
        const pushed = await this.#publish(hurry);
        await removeClone(this.#mirror, this.#run.runId);
        await rm(this.#memory, { force: true });
        return { pushed, trouble: null };
      } catch (error) {
        this.#log.warn({ err: error, tries: tries + 1 }, 'the work could not be published');
        const passes = error instanceof GitError && performance.now() < limit;
        if (!passes || !(await pause(backoffMs(tries + 2), stopping))) {
          return { pushed: null, trouble: error instanceof Error ? error.message : String(error) };
        }
      }
    }
  }

  /** Written beside the clone, so that whoever finds it knows what it is. */
  async remember(): Promise<void> {
    await writeFile(`${this.#memory}.draft`, JSON.stringify({ run: this.#run, clone: this.#clone }), { mode: 0o600 });
    await rename(`${this.#memory}.draft`, this.#memory);
  }

  async #publish(signal?: AbortSignal): Promise<Pushed | null> {
    const isNew = await takeOver(this.#mirror, this.#clone, signal);
    const pushed = await push(this.#mirror, this.#clone, this.#run.attempt, signal);
    if (isNew) {
      await this.remember();
      this.#log.info({ branch: pushed?.branch, commit: pushed?.commit }, 'work published');
    }
    return pushed;
  }

  get #memory(): string {
    return memoryOf(this.#mirror, this.#run.runId);
  }
}

/** Before the agent has been there, and links are not followed. */
async function giveAway(dir: string, { uid, gid }: AgentUser): Promise<void> {
  const end = await runCommand('chown', ['-hR', `${uid}:${gid}`, dir], { cwd: '/', env: process.env, limitMs: 60_000 });
  if (end.code !== 0) throw new Error(`The clone could not be given to the agent's user: ${end.complaint}`);
}

function memoryOf(mirror: Mirror, runId: string): string {
  return `${mirror.cloneDir(runId)}.json`;
}

async function readRemembered(mirror: Mirror, runId: string): Promise<{ run: Run; clone: Clone } | null> {
  try {
    return JSON.parse(await readFile(memoryOf(mirror, runId), 'utf8')) as { run: Run; clone: Clone };
  } catch {
    return null;
  }
}
