import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import { PassedOver } from './passed-over.ts';
import { backoffMs, pause } from './patience.ts';
import { readRequestId } from './request-id.ts';
import type { Worker } from './worker.ts';

export interface SweepOptions {
  readonly api: AutomationApi;
  readonly worker: Worker;
  readonly intervalMs: number;
  readonly log: Logger;
}

/**
 * Looks at the list of pending requests again and again, most urgent first. Where there is no queue, this is where work comes from;
 * beside a queue it finds what a lost message left lying.
 */
export async function sweepPending({ api, worker, intervalMs, log }: SweepOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  const passedOver = new PassedOver(MOST_PASSED_OVER);
  for (;;) {
    await worker.capacity.untilFree();
    if (signal.aborted || worker.capacity.closed) return;
    let found = 0;
    try {
      const ids = await listPending(api, worker.capacity.free + passedOver.size + SPARE, signal);
      failures = 0;
      found = ids.length;
      for (const requestId of ids) {
        if (passedOver.has(requestId)) continue;
        const taken = await worker.take({ requestId, correlationId: null, origin: 'sweep' });
        if (taken.kind === 'full') break;
        if (taken.kind === 'later') passedOver.note(requestId, taken.afterSeconds * 1000);
        if (taken.kind === 'done' && taken.passOver) passedOver.note(requestId, PASSED_OVER_MS);
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn({ ...logged(error), failures }, 'the list of pending requests cannot be read');
    }
    // A tenth at random, so that workers that were started together do not look together.
    const waitMs =
      failures > 0
        ? Math.max(backoffMs(failures), Math.min(intervalMs, 1_000))
        : intervalMs * (0.9 + Math.random() / 10);
    log.trace({ found, wait_ms: Math.round(waitMs) }, 'swept');
    if (!(await pause(waitMs, signal))) return;
  }
}

/** How long a request that could not be claimed lets those behind it go first: less than a lease, after which it may be free again. */
const PASSED_OVER_MS = 10_000;
const MOST_PASSED_OVER = 80;
/** Looked at beyond what can be taken, for those that cannot be claimed. */
const SPARE = 5;

async function listPending(api: AutomationApi, count: number, signal: AbortSignal): Promise<readonly string[]> {
  const requests = await api.pending(Math.min(Math.max(count, 1), 100), { signal });
  return requests.map(({ id }) => readRequestId(id)).filter((id) => id !== null);
}
