import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process. The start time tells it from a later process with the same id. */
export interface ProcessRef {
  readonly pid: number;
  /** In clock ticks since boot, as `/proc` reports it. */
  readonly startTime: string;
}

interface ProcessInfo extends ProcessRef {
  readonly parent: number;
  readonly group: number;
  readonly zombie: boolean;
}

/** Identifies the processes of one run. */
export interface RunMark {
  /** `NAME=value` in the agent's environment, inherited by everything it starts. */
  readonly environment: string;
  /** Id of the agent's process group; null when unknown. */
  readonly group: number | null;
}

/**
 * Lists the living processes of a run: those with its mark, those in its process group, and their descendants, which may have cleared
 * their environment. An orphan with a cleared environment is missed; only a container catches it.
 *
 * Reads `/proc`. Returns an empty list on systems without it.
 */
function findProcesses(mark: RunMark): readonly ProcessRef[] {
  const all = listProcesses();
  const found = new Set<number>();
  for (const { pid, group } of all.values()) {
    if (pid === process.pid) continue;
    if (group === mark.group || hasEnvironment(pid, mark.environment)) found.add(pid);
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all.values()) if (found.has(parent)) found.add(pid);
  }
  return [...found].flatMap((pid) => {
    const info = all.get(pid);
    return info && !info.zombie ? [{ pid, startTime: info.startTime }] : [];
  });
}

/**
 * Ends the processes of a run with SIGTERM, and with SIGKILL those still alive after `graceMs`. Gives up 5 s after that.
 *
 * @returns number of processes found, and whether all of them are gone
 */
export async function endProcesses(
  mark: RunMark,
  graceMs: number,
): Promise<{ readonly found: number; readonly gone: boolean }> {
  const met = new Set<string>();
  const asked = new Set<string>();
  const limit = performance.now() + graceMs;
  const hardLimit = limit + KILL_LIMIT_MS;
  for (let pause = 10; ; pause = Math.min(pause * 2, 100)) {
    const living = findProcesses(mark);
    for (const it of living) met.add(keyOf(it));
    if (living.length === 0 && !groupIsAlive(mark.group)) return { found: met.size, gone: true };
    const now = performance.now();
    if (now >= hardLimit) return { found: met.size, gone: false };
    const kill = now >= limit;
    // A process started in the meantime gets its own SIGTERM; none gets a second one.
    const targets = kill ? living : living.filter((it) => !asked.has(keyOf(it)));
    for (const it of targets) {
      asked.add(keyOf(it));
      send(it.pid, kill ? 'SIGKILL' : 'SIGTERM');
    }
    if (living.length === 0 && mark.group !== null) send(-mark.group, kill ? 'SIGKILL' : 'SIGTERM');
    await delay(pause);
  }
}

const KILL_LIMIT_MS = 5_000;

function keyOf({ pid, startTime }: ProcessRef): string {
  return `${pid}:${startTime}`;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone, or not ours to signal.
  }
}

/** For systems without `/proc`: a group that can be signalled has members. */
function groupIsAlive(group: number | null): boolean {
  if (group === null || process.platform === 'linux') return false;
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

function listProcesses(): Map<number, ProcessInfo> {
  const infos = list().map(readStat);
  return new Map(infos.flatMap((info) => (info ? [[info.pid, info]] : [])));
}

function list(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Parses `pid (name) state ppid pgrp … starttime`; the name may contain spaces and parentheses. See proc_pid_stat(5). */
function readStat(pid: number): ProcessInfo | null {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || group === undefined || startTime === undefined) return null;
  return { pid, parent: Number(parent), group: Number(group), startTime, zombie: state === 'Z' || state === 'X' };
}

function hasEnvironment(pid: number, entry: string): boolean {
  return `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${entry}\0`);
}

/** Synchronously: these files come from memory, and handing hundreds of small reads to other threads costs ten times as much. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
