import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { settlesWithin } from '../../infrastructure/process/processes.ts';
import type { AgentLimits } from '../config.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import { GUARD } from './guard.ts';
import { endProcesses } from './processes.ts';

export interface AgentStart {
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `NAME=value` environment entry that is unique to this run. */
  readonly mark: string;
  readonly limits: AgentLimits;
  /** User to run as; null means the worker's own user. */
  readonly user: AgentUser | null;
  readonly onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
  /** Called before the worker ends the agent. Output after that may be about the end. */
  readonly onEnding: () => void;
}

/** Why the worker ended an agent; null when the agent exited on its own. */
export type EndedFor = 'total-limit' | 'silence-limit' | 'first-output-limit' | 'after-result' | 'asked' | null;

export interface AgentEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly endedFor: EndedFor;
  readonly durationMs: number;
  /** System error code when the agent could not be started, such as `ENOENT`; null otherwise. */
  readonly startError: string | null;
  /** Number of processes the agent left behind; the worker ended them. */
  readonly leftBehind: number;
  /** False when at least one process of the run could not be ended. */
  readonly allGone: boolean;
}

export interface AgentProcess {
  readonly pid: number | undefined;
  /** Resolves when every process of the run is gone and its output has been read. Never rejects. */
  readonly ended: Promise<AgentEnd>;
  /** Sends SIGTERM to all processes of the run, and SIGKILL after the grace period. */
  stop(): void;
  /** Call when the agent has reported its result: it is ended after `limits.afterResultMs` without further output. */
  expectEnd(): void;
}

/**
 * Starts an agent in its own process group, reads its output, and ends it and everything it started when a limit is reached. The
 * arguments never pass through a shell. If the worker dies, the agent dies too ({@link GUARD}).
 */
export function startAgent(start: AgentStart): AgentProcess {
  const { limits } = start;
  const startedAt = performance.now();
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', start.mark, start.program, ...start.args], {
    shell: false,
    detached: true,
    cwd: start.cwd,
    env: { ...start.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(start.user ? { uid: start.user.uid, gid: start.user.gid } : {}),
  });
  const lifeline = child.stdio[3] as (Writable & NodeJS.ReadableStream) | null | undefined;
  lifeline?.on('error', () => undefined);
  lifeline?.resume();

  const mark = { environment: start.mark, group: child.pid ?? null };
  const timers = new Map<EndedFor, NodeJS.Timeout>();
  let endedFor: EndedFor = null;
  let leaderGone = false;
  let ending: Promise<unknown> | null = null;

  const end = (reason: EndedFor): void => {
    if (leaderGone || ending !== null || child.pid === undefined) return;
    endedFor = reason;
    start.onEnding();
    for (const timer of timers.values()) clearTimeout(timer);
    ending = endProcesses(mark, limits.graceMs);
  };
  const arm = (reason: EndedFor, limitMs: number): void => {
    clearTimeout(timers.get(reason));
    timers.delete(reason);
    if (limitMs > 0 && ending === null && !leaderGone) timers.set(reason, setTimeout(end, limitMs, reason));
  };
  arm('total-limit', limits.totalMs);
  arm('first-output-limit', limits.firstOutputMs);
  arm('silence-limit', limits.silenceMs);

  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      // A warning on stderr does not show that the agent works.
      if (name === 'stdout') arm('first-output-limit', 0);
      arm('silence-limit', limits.silenceMs);
      if (timers.has('after-result')) arm('after-result', limits.afterResultMs);
      start.onOutput(chunk, name);
    });
    child[name]?.on('error', () => undefined);
  }

  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const exited = new Promise<Pick<AgentEnd, 'exitCode' | 'signal' | 'startError'>>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ exitCode: null, signal: null, startError: error.code ?? error.name });
    });
    child.once('exit', (exitCode, signal) => {
      resolve({ exitCode, signal, startError: null });
    });
  });

  const conclude = async (): Promise<AgentEnd> => {
    const exit = await exited;
    leaderGone = true;
    for (const timer of timers.values()) clearTimeout(timer);
    const durationMs = Math.round(performance.now() - startedAt);
    if (exit.startError !== null) return { ...exit, endedFor, durationMs, leftBehind: 0, allGone: true };
    await dismissGuard(lifeline);
    await ending;
    const rest = await endProcesses(mark, Math.min(limits.graceMs, LEFT_BEHIND_GRACE_MS));
    // All writers are gone, so the rest arrives at once, unless a process that escaped still holds the pipe open.
    await settlesWithin(closed, OUTPUT_PATIENCE_MS);
    for (const stream of child.stdio) stream?.destroy();
    return { ...exit, endedFor, durationMs, leftBehind: rest.found, allGone: rest.gone };
  };

  return {
    pid: child.pid,
    ended: conclude(),
    stop: () => {
      end('asked');
    },
    expectEnd: () => {
      arm('after-result', limits.afterResultMs);
    },
  };
}

const LEFT_BEHIND_GRACE_MS = 2_000;
const OUTPUT_PATIENCE_MS = 2_000;
const GUARD_PATIENCE_MS = 1_000;

/** Tells the guard to exit and waits for it, so that it does not count as a process the agent left behind. */
async function dismissGuard(lifeline: (Writable & NodeJS.ReadableStream) | null | undefined): Promise<void> {
  if (!lifeline) return;
  const gone = new Promise<void>((resolve) => {
    lifeline.once('close', () => {
      resolve();
    });
    lifeline.once('end', () => {
      resolve();
    });
  });
  lifeline.end('ended\n');
  await settlesWithin(gone, GUARD_PATIENCE_MS);
}
