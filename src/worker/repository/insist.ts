import type { Logger } from '../../infrastructure/observability/logger.ts';
import { backoffMs, pause } from '../../infrastructure/backoff.ts';
import { DELAYS } from '../patience.ts';
import { GitError } from './git.ts';
import type { Patience } from './workspace.ts';

/** Maximum time a call may still take once the worker is stopping, in ms. */
const HURRY_MS = 10_000;

/**
 * Retries a call to the repository while its failure may be transient. A push that the remote rejected is not retried.
 *
 * @throws the last error
 */
export async function insist<T>(
  { until, stopping }: Patience,
  log: Logger,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const hurry = new AbortController();
  const hurryUp = (): void => {
    setTimeout(() => {
      hurry.abort();
    }, HURRY_MS).unref();
  };
  if (stopping.aborted) hurryUp();
  else stopping.addEventListener('abort', hurryUp, { once: true });
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call(hurry.signal);
      } catch (error) {
        const passes = error instanceof GitError && !error.complaint.includes('[remote rejected]');
        if (!passes || performance.now() >= until) throw error;
        log.warn({ err: error, tries }, 'push to the repository failed; retrying');
        if (!(await pause(backoffMs(tries + 1, DELAYS), stopping))) throw error;
      }
    }
  } finally {
    stopping.removeEventListener('abort', hurryUp);
  }
}
