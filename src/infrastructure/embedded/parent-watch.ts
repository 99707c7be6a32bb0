import { isAlive } from './processes.ts';

export interface ParentWatchOptions {
  /** Called once, when the parent is gone. */
  readonly onOrphaned: () => void;
  /** How often to look, in ms; 500 when left out. */
  readonly intervalMs?: number;
  /** The environment that tells whether npm started this process; the process's own when left out. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface ParentWatch {
  stop(): void;
}

/** Taken when this module is loaded: what comes before the watch begins may take a second. */
const parentAtStart = process.ppid;

/**
 * Notices that npm, when it started this process, is gone. npm passes SIGINT and SIGTERM on, but cannot pass on a
 * SIGKILL (or a crash, or being out of memory), and the service would live on with nobody to know it, holding its port
 * and its data folder. The system tells no process of its parent's death, so this looks; it keeps no process alive.
 *
 * Without npm it does nothing: a service started by hand with `nohup`, or by a supervisor that daemonises, is meant to
 * outlive its parent.
 */
export function watchParent(options: ParentWatchOptions): ParentWatch {
  if ((options.env ?? process.env).npm_lifecycle_event === undefined) return { stop: () => undefined };
  const timer = setInterval(() => {
    // The number alone would do on Unix, where orphans get a new parent; on Windows it stays.
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
