import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { messageOf } from './thrown.ts';
import type { RunAs } from './run-as.ts';

/**
 * Run by `/bin/sh` before the program: `sh -c GUARD sh MODE PROGRAM ARGUMENTS…`.
 *
 * It forks a small shell, the guard, and then execs the program. The guard blocks on descriptor 3, a pipe whose other end only this Node
 * process holds. The system closes that end when Node ends, even by SIGKILL, and the guard then ends the program. The guard exists before the
 * program does, so the program never runs unguarded. The guard is orphaned on purpose: PostgreSQL treats the death of an unknown child as a
 * crash.
 *
 * MODE shut-down: fast shutdown (INT), immediate shutdown after 2.5 s (QUIT), KILL after another second, upon which PostgreSQL's other
 * processes exit by themselves. MODE kill: kills the whole process group at once.
 *
 * A line on the pipe tells the guard that Node has seen the program end. From then on the process id may belong to another process.
 */
const GUARD = `
mode=$1; shift
gone() { n=0; while [ $n -lt $1 ]; do kill -0 $$ || return 0; sleep 0.1; n=$((n + 1)); done; return 1; }
guard() {
  if read -r _ <&3; then exit 0; fi
  if [ "$mode" = kill ]; then kill -KILL -$$ || kill -KILL $$; exit 0; fi
  kill -INT $$ || exit 0; gone 25 && exit 0
  kill -QUIT $$ || exit 0; gone 10 && exit 0
  kill -KILL $$
}
( trap '' INT HUP TERM QUIT; guard </dev/null >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`;

/** How long the output of an ended program may stay open. */
const OUTPUT_PATIENCE_MS = 1_000;

export interface GuardedProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly runAs: RunAs;
  /** What happens to the program when this process dies. */
  readonly whenOrphaned: 'shut-down' | 'kill';
  /** Written to the program's standard input; no input if omitted. */
  readonly input?: string;
  /** Called with each line of output, from stdout and stderr. */
  readonly onLine: (line: string) => void;
}

export interface GuardedProcess {
  /** Undefined if the program could not be spawned. */
  readonly pid: number | undefined;
  /** Resolves once the program has ended and its output is read: null on success, otherwise how it ended. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Does nothing after the program has ended. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts a program that does not outlive this process. It runs in its own session, so that Ctrl-C in the terminal reaches only the service,
 * which ends the program when it no longer needs it.
 *
 * The environment holds only the search path and the locale: PG… variables and secrets are not passed on.
 */
export function spawnGuarded(options: GuardedProcessOptions): GuardedProcess {
  const { runAs } = options;
  const child = spawn(
    '/bin/sh',
    ['-c', GUARD, 'sh', options.whenOrphaned, ...runAs.prefix, options.program, ...options.args],
    {
      detached: true,
      // Another user may not be allowed into the current folder.
      cwd: '/',
      env: { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
      ...(runAs.spawnAs ?? {}),
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', options.onLine);
  }
  const lifeline = child.stdio[3] as Writable | null | undefined;
  // A program that ends before reading its input, or a dead guard, must not crash the service.
  const ignore = () => undefined;
  lifeline?.on('error', ignore);
  child.stdin?.on('error', ignore);
  child.stdin?.end(options.input);

  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => {
      resolve(`could not be started: ${messageOf(error)}`);
    });
    child.once('exit', (code, signal) => {
      lifeline?.end('ended\n');
      const end = code === 0 ? null : signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
      // Processes it left behind may keep its output open indefinitely.
      const patience = setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, OUTPUT_PATIENCE_MS);
      child.once('close', () => {
        clearTimeout(patience);
        resolve(end);
      });
    });
  });
  return {
    pid: child.pid,
    ended,
    signal: (signal) => {
      child.kill(signal);
    },
  };
}
