import { join } from 'node:path';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { WorkerConfig } from './config.ts';
import { salvageClone } from './reconcile.ts';
import { readRequestId } from './request-id.ts';
import { cloneBytes, listKept, removeClone } from './repository/clone.ts';
import type { Workspaces } from './repository/workspace.ts';

export const CLONES_USAGE = `Usage: npm run worker -- clones list | discard ID | salvage

Manages clones that were kept because not all of their work could be pushed. ID is the clone's id, as shown by list.

  list      List kept clones with their requests and reasons.
  discard   Delete a clone and all work that exists only there.
  salvage   Try once more to push the work of all clones. Requires the worker to be stopped; a worker does this when it starts.
`;

export interface ClonesCommand {
  readonly config: WorkerConfig;
  /** Runs `work` with exclusive access to the worker's state. */
  readonly exclusively: <T>(work: (workspaces: Workspaces, log: Logger) => Promise<T>) => Promise<T>;
  readonly print: (line: string) => void;
}

/** @returns the exit status */
export async function runClonesCommand(words: readonly string[], command: ClonesCommand): Promise<number> {
  const { config, print } = command;
  const folder = join(config.stateDir, config.name, 'repository/clones');
  const [what, id, ...more] = words;
  const kept = await listKept(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  if (what === 'list' && id === undefined) {
    for (const { runId, memory } of kept) {
      const mib = Math.ceil((await cloneBytes(folder, runId)) / 1024 ** 2);
      print(`${runId}  ${mib} MiB  ${join(folder, runId)}`);
      if (memory === null) print('  its metadata cannot be read');
      else
        print(
          `  request ${memory.run.requestId}, attempt ${memory.run.attempt}, kept since ${memory.kept?.since ?? ''}: ${memory.kept?.reason ?? ''}`,
        );
    }
    if (kept.length === 0) print('No kept clones.');
    return 0;
  }
  if (what === 'discard' && id !== undefined && more.length === 0) {
    const runId = readRequestId(id);
    if (runId === null || !kept.some((it) => it.runId === runId)) {
      print(`No kept clone ${id}.`);
      return 1;
    }
    await removeClone(folder, runId);
    print(`Discarded ${runId}.`);
    return 0;
  }
  if (what === 'salvage' && id === undefined) {
    return command.exclusively(async (workspaces, log) => {
      let left = 0;
      for (const runId of await workspaces.left()) {
        const reason = await salvageClone(runId, { workspaces, config: { ...config, publishMs: 0 }, log }, NEVER).catch(
          String,
        );
        print(
          reason === null ? `${runId}: all of its work is at the repository.` : `${runId} is still kept: ${reason}`,
        );
        if (reason !== null) left += 1;
      }
      return left === 0 ? 0 : 1;
    });
  }
  print(CLONES_USAGE.trimEnd());
  return 2;
}

const NEVER = new AbortController().signal;
