import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes JSON lines to standard output, one event per line. Secrets and request texts must never be logged. */
export type Logger = pino.Logger;

export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

/** Name, code, message and stack of an error and its causes. Other properties are dropped: they may hold what a caller sent. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    name,
    message: message.slice(0, 500),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
    stack: stack?.split('\n').slice(1, 8).join('\n'),
  };
}

/** Passes Nest's own warnings and errors to the logger and drops the rest. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => String(message).slice(0, 500);
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown) => logger.warn(text(message)),
    error: (message: unknown) => logger.error(text(message)),
    fatal: (message: unknown) => logger.fatal(text(message)),
  };
}
