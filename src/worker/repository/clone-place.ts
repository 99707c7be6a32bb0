import type { Logger } from '../../infrastructure/observability/logger.ts';
import { insist } from './insist.ts';
import type { Memory } from './clone.ts';
import { remember, removeClone } from './clone.ts';
import { isAccountedFor, pushKept, takeOver, takeOverRest } from './handover.ts';
import type { Mirror } from './mirror.ts';
import { attemptRef } from './names.ts';
import type { Patience, Work, Workspace } from './workspace.ts';

/** A clone on disk. Moves its work into the mirror and to the remote. */
export class ClonePlace implements Workspace {
  readonly dir: string;
  readonly #mirror: Mirror;
  #memory: Memory;
  readonly #log: Logger;
  #publishing: Promise<unknown> | null = null;
  /** Why not all of the work could be taken over; null when it was. */
  #trouble: string | null = null;

  constructor(mirror: Mirror, memory: Memory, log: Logger) {
    this.dir = memory.clone.dir;
    this.#mirror = mirror;
    this.#memory = memory;
    this.#log = log.child({ request_id: memory.run.requestId, attempt: memory.run.attempt });
  }

  checkpoint(): void {
    this.#publishing ??= this.#publish()
      .catch((error: unknown) => {
        this.#log.warn({ err: error }, 'could not push the work so far');
      })
      .finally(() => {
        this.#publishing = null;
      });
  }

  async take(): Promise<Work> {
    await this.#publishing;
    const { run, clone } = this.#memory;
    try {
      await this.#takeOver();
      await takeOverRest(this.#mirror, run, clone);
      this.#trouble = null;
    } catch (error) {
      this.#trouble = wordsOf(error);
      throw error;
    }
    return {
      requestId: run.requestId,
      attempt: run.attempt,
      commit: clone.taken,
      ref: attemptRef(run),
      seen: clone.seen,
    };
  }

  async close(patience: Patience): Promise<string | null> {
    const { run } = this.#memory;
    let reason = this.#trouble;
    try {
      await insist(patience, this.#log, (signal) => pushKept(this.#mirror, run.requestId, signal));
    } catch (error) {
      // A remote that accepts only branches still has the work that was delivered.
      if (!(await isAccountedFor(this.#mirror, run))) reason ??= wordsOf(error);
    }
    if (reason === null) {
      await removeClone(this.#mirror.clonesDir, run.runId);
      return null;
    }
    this.#memory = { ...this.#memory, kept: { since: new Date().toISOString(), reason: reason.slice(0, 2_000) } };
    await remember(this.#mirror.clonesDir, this.#memory);
    this.#log.error(
      { run_id: run.runId, dir: this.dir, reason },
      'clone kept: not all of its work is in the repository',
    );
    return reason;
  }

  async #publish(): Promise<void> {
    await this.#takeOver();
    await pushKept(this.#mirror, this.#memory.run.requestId);
  }

  async #takeOver(): Promise<void> {
    const { run, clone } = this.#memory;
    if (!(await takeOver(this.#mirror, run, clone))) return;
    await remember(this.#mirror.clonesDir, this.#memory);
    this.#log.info({ commit: clone.taken, ref: attemptRef(run) }, 'work taken over');
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
