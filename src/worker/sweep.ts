import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
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
  for (;;) {
    await worker.capacity.untilFree();
    if (signal.aborted || worker.capacity.closed) return;
    let found = 0;
    try {
      const ids = await listPending(api, worker.capacity.free, signal);
      failures = 0;
      found = ids.length;
      for (const requestId of ids) await worker.take({ requestId, correlationId: null, origin: 'sweep' });
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

async function listPending(api: AutomationApi, count: number, signal: AbortSignal): Promise<readonly string[]> {
  const requests = await api.pending(Math.min(Math.max(count, 1), 100), { signal });
  return requests.map(({ id }) => readRequestId(id)).filter((id) => id !== null);
}
