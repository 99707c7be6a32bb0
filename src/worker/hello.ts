import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { SERVICE_VERSION } from '../version.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, logged } from './api.ts';
import type { Capacity } from './capacity.ts';
import { pause } from '../infrastructure/backoff.ts';

export interface SignsOfLifeOptions {
  readonly api: AutomationApi;
  readonly name: string;
  readonly repositories: readonly string[];
  readonly capacity: Capacity;
  readonly log: Logger;
}

/** Half the interval the service expects, so that one lost sign of life does no harm. */
const INTERVAL_MS = 30_000;
/** Minimum interval between two signs of life. */
const LEAST_MS = 1_000;

/** Sends the worker's standing to the service at the start, on each change, and every 30 s. Resolves when the signal is aborted. */
export async function showSignsOfLife(options: SignsOfLifeOptions, signal: AbortSignal): Promise<void> {
  const { api, name, repositories, capacity, log } = options;
  let failing = false;
  while (!signal.aborted) {
    const told = capacity.standing();
    const changed = new AbortController();
    capacity.onChange = () => {
      if (!isDeepStrictEqual(capacity.standing(), told)) changed.abort();
    };
    try {
      await api.hello(name, { version: SERVICE_VERSION, repositories, ...told }, { signal });
      failing = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!isOlderService(error) && !failing) log.warn(logged(error), 'could not send a sign of life');
      failing = true;
    }
    await pause(LEAST_MS, signal);
    capacity.onChange();
    await pause(INTERVAL_MS - LEAST_MS, AbortSignal.any([signal, changed.signal]));
  }
}

/** Earlier versions of the service have no list of workers. */
function isOlderService(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 404 || error.status === 405);
}
