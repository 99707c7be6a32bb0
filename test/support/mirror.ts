import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Clone } from '../../src/worker/repository/clone.ts';
import { takeOver } from '../../src/worker/repository/handover.ts';
import type { Mirror } from '../../src/worker/repository/mirror.ts';

/** A clone for the first attempt on a new request. */
export function cloneOf(mirror: Mirror): Promise<Clone> {
  return mirror.clone(randomUUID(), randomUUID());
}

/** Takes over the commits of such a clone. */
export function takeOverFrom(mirror: Mirror, clone: Clone): Promise<boolean> {
  const run = { runId: basename(clone.dir), requestId: clone.branch.slice('automation/'.length), attempt: 1 };
  return takeOver(mirror, run, clone);
}
