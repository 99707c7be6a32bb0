import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { isAway, saidOf } from './database-faults.ts';
import type { DatabaseOptions } from './database.ts';
import { migrate } from './migrate.ts';
import { proveSessions } from './sessions.ts';

/** The database answers but is not usable. The message is the rest of a sentence that begins with `DATABASE_URL`. */
export class DatabaseUnfitError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnfitError';
  }
}

/** How long startup waits for a database, which may be starting at the same time. */
const PATIENCE_MS = 5_000;
const RETRY_INTERVAL_MS = 500;
const BACKGROUND_RETRY_INTERVAL_MS = 2_000;

/**
 * Prepares the database: checks that sessions work, then migrates the schema. If PostgreSQL is unreachable, waits up to `patienceMs`, then
 * retries in the background; the returned function stops that. Throws {@link DatabaseUnfitError} if PostgreSQL answers but is not usable.
 */
export async function prepareDatabase(
  options: DatabaseOptions,
  logger: Logger,
  patienceMs = PATIENCE_MS,
): Promise<() => Promise<void>> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const fault = await faultOf(options, logger);
    if (fault === null) return () => Promise.resolve();
    if (!isAway(fault)) throw unfit(fault, options);
    if (performance.now() >= until) {
      logger.warn(`the database is unreachable (${saidOf(fault)}); starting without it, retrying in the background`);
      break;
    }
    await delay(RETRY_INTERVAL_MS);
  }
  const stop = new AbortController();
  const trying = keepTrying(options, logger, stop.signal);
  return async () => {
    stop.abort();
    await trying;
  };
}

async function keepTrying(options: DatabaseOptions, logger: Logger, signal: AbortSignal): Promise<void> {
  let known = '';
  while (!signal.aborted) {
    await delay(BACKGROUND_RETRY_INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const fault = await faultOf(options, logger);
    if (fault === null) {
      logger.info('the database is reachable again');
      return;
    }
    if (isAway(fault)) continue;
    const { message } = unfit(fault, options);
    if (message !== known) logger.error(`DATABASE_URL ${message}`);
    known = message;
  }
}

async function faultOf(options: DatabaseOptions, logger: Logger): Promise<unknown> {
  try {
    await proveSessions(options);
    await migrate(options, logger);
    return null;
  } catch (error) {
    return error ?? new Error('unknown error');
  }
}

const FORBIDDEN = '42501';

function unfit(error: unknown, { schema }: DatabaseOptions): DatabaseUnfitError {
  if (error instanceof Error && error.name === 'NoSessionsError') return new DatabaseUnfitError(error.message, error);
  const { code } = error as { code?: unknown };
  const remedy =
    code === FORBIDDEN
      ? ` Its user needs its own schema ${schema} (DATABASE_SCHEMA), or the right to create one in this database.`
      : '';
  return new DatabaseUnfitError(`points to a database that cannot be used: ${saidOf(error)}.${remedy}`, error);
}
