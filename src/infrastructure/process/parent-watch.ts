import { isAlive } from './processes.ts';

export interface ParentWatchOptions {
  /** Called once, when the parent has died. */
  readonly onOrphaned: () => void;
  /** Polling interval in ms; defaults to 500. */
  readonly intervalMs?: number;
  /** Environment that shows whether npm started this process; defaults to `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface ParentWatch {
  stop(): void;
}

/** Read when the module loads, because the watch may start a second later. */
const parentAtStart = process.ppid;

/**
 * Detects that npm, if it started this process, has died. npm forwards SIGINT and SIGTERM, but when npm is killed with SIGKILL or crashes,
 * the service would live on unnoticed, holding its port and its data folder. The system does not notify a process of its parent's death, so
 * this polls. The timer does not keep the process alive.
 *
 * Does nothing without npm: a service started with `nohup` or by a daemonising supervisor is meant to outlive its parent.
 */
export function watchParent(options: ParentWatchOptions): ParentWatch {
  if ((options.env ?? process.env).npm_lifecycle_event === undefined) return { stop: () => undefined };
  const timer = setInterval(() => {
    // On Unix an orphan gets a new parent id. On Windows the id stays, so the parent is probed as well.
    if (process.ppid === parentAtStart && isAlive(parentAtStart)) return;
    clearInterval(timer);
    options.onOrphaned();
  }, options.intervalMs ?? 500);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
