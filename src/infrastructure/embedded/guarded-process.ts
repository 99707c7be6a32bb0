import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { messageOf } from './embedded-postgres-error.ts';
import type { RunAs } from './run-as.ts';

/**
 * Run by `/bin/sh` before the program itself: `sh -c GUARD sh MODE PROGRAM ARGUMENTS…`.
 *
 * It leaves a second, tiny shell behind, the guard, and then becomes the program. The guard blocks on descriptor 3, a
 * pipe whose other end only this Node process holds, and which the system closes with it, kill -9 included. At its end
 * the guard ends the program. There is no moment without a guard: it exists before the program does. It is left as an
 * orphan on purpose, because PostgreSQL takes the death of a child that it does not know for a crash.
 *
 * MODE shut-down: a fast shutdown (INT), after 2.5 s an immediate one (QUIT), after another second the end (KILL), upon
 * which PostgreSQL's other processes end by themselves. MODE kill: the end of the whole process group at once.
 *
 * A word on the pipe tells the guard that Node has seen the program's end itself: the number may be a stranger's soon.
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

/** How long the output of a program that has ended may stay open. */
const OUTPUT_PATIENCE_MS = 1_000;

export interface GuardedProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly runAs: RunAs;
  /** What becomes of the program when this process dies. */
  readonly whenOrphaned: 'shut-down' | 'kill';
  /** Given to the program as its standard input; none when left out. */
  readonly input?: string;
  /** Gets each line the program writes. */
  readonly onLine: (line: string) => void;
}

export interface GuardedProcess {
  /** Undefined when it could not be spawned at all. */
  readonly pid: number | undefined;
  /** How it ended, in words, once it and all its output are through; null when it ended well. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Does nothing once the program has ended. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts a program that does not outlive this process, in a session of its own, so that Ctrl-C in the terminal reaches
 * the service alone, which then ends the program when it has finished with it.
 *
 * Of the environment it gets only the search path: whatever PG… variables, locale and secrets there are stay outside.
 */
export function spawnGuarded(options: GuardedProcessOptions): GuardedProcess {
  const { runAs } = options;
  const child = spawn(
    '/bin/sh',
    ['-c', GUARD, 'sh', options.whenOrphaned, ...runAs.prefix, options.program, ...options.args],
    {
      detached: true,
      // The working folder may be out of reach for another user.
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
  // A program that ends before it has read its input, or a guard that is gone, must not end the service.
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
      // Processes that it left behind may hold its output open for as long as they like.
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
