import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { isAway, saidOf } from './database-faults.ts';
import type { DatabaseOptions } from './database.ts';
import { migrate } from './migrate.ts';
import { proveSessions } from './sessions.ts';

/** The database is there, and cannot be worked with. The message is the rest of a sentence that begins with `DATABASE_URL`. */
export class DatabaseUnfitError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnfitError';
  }
}

/** For how long a start waits for a database that may be starting beside us. */
const PATIENCE_MS = 5_000;
const TRY_EVERY_MS = 500;
const TRY_LATER_EVERY_MS = 2_000;

/**
 * Makes the database ready: sessions proved, schema up to date. While it is away this waits for some seconds, and then goes on in the
 * background: resolves with what ends that. Throws {@link DatabaseUnfitError} when the database answers, and lets us not work.
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
      logger.warn(`the database does not answer (${saidOf(fault)}): starting without it, and trying on`);
      break;
    }
    await delay(TRY_EVERY_MS);
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
    await delay(TRY_LATER_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const fault = await faultOf(options, logger);
    if (fault === null) {
      logger.info('the database answers now');
      return;
    }
    if (isAway(fault)) continue;
    const { message } = unfit(fault, options);
    if (message !== known) logger.error(`the database ${message}`);
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
      ? ` Its user needs a schema ${schema} of its own (DATABASE_SCHEMA), or the right to create one in this database.`
      : '';
  return new DatabaseUnfitError(`leads to a database that cannot be used: ${saidOf(error)}.${remedy}`, error);
}
