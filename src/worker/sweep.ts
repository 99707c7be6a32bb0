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
const MOST_PASSED_OVER = 1_000;
/** Looked at beyond what can be taken, for those that cannot be claimed. */
const SPARE = 5;
/** The most that the list of what is next shows. */
const MOST_LISTED = 100;
/** Of a hundred, in one sweep. */
const FURTHER_PAGES = 5;

/**
 * All pending requests, where the first of them hold nothing that can be taken. Where one sweep stops, the next goes on, so that however
 * many cannot be claimed, those behind them have their turn.
 */
class FurtherPages {
  readonly #api: AutomationApi;
  #cursor: string | null = null;

  constructor(api: AutomationApi) {
    this.#api = api;
  }

  async next(signal: AbortSignal): Promise<readonly string[]> {
    const cursor = this.#cursor;
    // A cursor that is not taken any more is not asked for again.
    this.#cursor = null;
    const { items, next_cursor } = await this.#api.pendingPage(cursor, { signal });
    this.#cursor = next_cursor;
    return idsOf(items);
  }
}

/** Whether nothing more can be begun. */
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
