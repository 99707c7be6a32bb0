import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import { PassedOver } from './passed-over.ts';
import { backoffMs, pause } from '../infrastructure/backoff.ts';
import { DELAYS } from './patience.ts';
import { readRequestId } from './request-id.ts';
import type { Worker } from './worker.ts';

export interface SweepOptions {
  readonly api: AutomationApi;
  readonly worker: Worker;
  readonly intervalMs: number;
  readonly log: Logger;
}

/**
 * Polls the list of pending requests, most urgent first, until the signal is aborted or the worker's capacity is closed. Without a queue
 * it is the only source of work; with one it finds requests whose message was lost.
 */
export async function sweepPending({ api, worker, intervalMs, log }: SweepOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  const passedOver = new PassedOver(MOST_PASSED_OVER);
  const further = new FurtherPages(api);
  for (;;) {
    await worker.capacity.untilFree();
    if (signal.aborted || worker.capacity.closed) return;
    let found = 0;
    try {
      const count = Math.min(worker.capacity.free + passedOver.size + SPARE, MOST_LISTED);
      let ids = idsOf(await api.pending(count, { signal }));
      const isAll = ids.length < count;
      for (let pages = 1; ; pages += 1) {
        failures = 0;
        found += ids.length;
        const isFull = await takeOf(ids, worker, passedOver);
        if (isFull || isAll || pages > FURTHER_PAGES) break;
        ids = await further.next(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn({ ...logged(error), failures }, 'the list of pending requests cannot be read');
    }
    // Reduced by up to 10 % at random, so that workers started together do not poll together.
    const waitMs =
      failures > 0
        ? Math.max(backoffMs(failures, DELAYS), Math.min(intervalMs, 1_000))
        : intervalMs * (0.9 + Math.random() / 10);
    log.trace({ found, wait_ms: Math.round(waitMs) }, 'swept');
    if (!(await pause(waitMs, signal))) return;
  }
}

/** How long a request that could not be claimed is skipped. Shorter than a lease, after which the request may be claimable again. */
const PASSED_OVER_MS = 10_000;
const MOST_PASSED_OVER = 1_000;
/** Number of requests listed beyond the free places, because some may not be claimable. */
const SPARE = 5;
/** Maximum `limit` of `/pending`. */
const MOST_LISTED = 100;
/** Maximum number of further pages, of 100 requests each, per sweep. */
const FURTHER_PAGES = 5;

/**
 * Pages through all pending requests, for when the first ones cannot be claimed. Each sweep continues where the last one stopped, so
 * that every request gets a turn, however many before it cannot be claimed.
 */
class FurtherPages {
  readonly #api: AutomationApi;
  #cursor: string | null = null;

  constructor(api: AutomationApi) {
    this.#api = api;
  }

  async next(signal: AbortSignal): Promise<readonly string[]> {
    const cursor = this.#cursor;
    // If the call fails, the next one starts at the first page: the cursor may be invalid.
    this.#cursor = null;
    const { items, next_cursor } = await this.#api.pendingPage(cursor, { signal });
    this.#cursor = next_cursor;
    return idsOf(items);
  }
}

/** Takes requests until no more can start. @returns true when no more can start */
async function takeOf(ids: readonly string[], worker: Worker, passedOver: PassedOver): Promise<boolean> {
  for (const requestId of ids) {
    if (passedOver.has(requestId)) continue;
    const taken = await worker.take({ requestId, correlationId: null, origin: 'sweep' });
    if (taken.kind === 'full') return true;
    if (taken.kind === 'later') passedOver.note(requestId, taken.afterSeconds * 1000);
    if (taken.kind === 'done' && taken.passOver) passedOver.note(requestId, PASSED_OVER_MS);
  }
  return worker.capacity.free === 0;
}

function idsOf(requests: readonly { readonly id: string }[]): readonly string[] {
  return requests.map(({ id }) => readRequestId(id)).filter((id) => id !== null);
}
