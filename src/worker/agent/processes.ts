import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A process, with the time of its start: a number alone may be another's by now. */
export interface ProcessRef {
  readonly pid: number;
  /** In clock ticks since boot, as the system tells it. */
  readonly startTime: string;
}

interface ProcessInfo extends ProcessRef {
  readonly parent: number;
  readonly group: number;
  readonly zombie: boolean;
}

/** What tells the processes of one run from all others. */
export interface RunMark {
  /** `NAME=value`, which stands in the environment of the agent and is inherited by whatever it starts. */
  readonly environment: string;
  /** Number of the agent's process group, where it is known. */
  readonly group: number | null;
}

/**
 * The living processes of a run: those with its mark, those of its group, and their descendants, which may have emptied their
 * environment. One that did so and whose parents are gone is not found; a container finds that one too.
 *
 * Reads `/proc`; on systems without it the group is all there is, and the answer is empty.
 */
async function findProcesses(mark: RunMark): Promise<readonly ProcessRef[]> {
  const all = await listProcesses();
  const found = new Set<number>();
  for (const { pid, group } of all.values()) {
    if (pid === process.pid) continue;
    if (group === mark.group || (await hasEnvironment(pid, mark.environment))) found.add(pid);
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
 * Ends the processes of a run: SIGTERM, and SIGKILL for those that are there after `graceMs`.
 *
 * @returns how many there were, and whether all are gone
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
    const living = await findProcesses(mark);
    for (const it of living) met.add(keyOf(it));
    if (living.length === 0 && !groupIsAlive(mark.group)) return { found: met.size, gone: true };
    const now = performance.now();
    if (now >= hardLimit) return { found: met.size, gone: false };
    const kill = now >= limit;
    // What a process started while it was being ended is asked as well; whoever was asked once is not hurried.
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
    // It is gone already, or not ours to end.
  }
}

/** Only where `/proc` does not tell: there a group that can be signalled has members. */
function groupIsAlive(group: number | null): boolean {
  if (group === null || process.platform === 'linux') return false;
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

async function listProcesses(): Promise<Map<number, ProcessInfo>> {
  const names = await readdir('/proc').catch(() => []);
  const infos = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name))));
  return new Map(infos.flatMap((info) => (info ? [[info.pid, info]] : [])));
}

/** `pid (name) state ppid pgrp … starttime`, in which the name may hold blanks and brackets. See proc_pid_stat(5). */
async function readStat(pid: number): Promise<ProcessInfo | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || group === undefined || startTime === undefined) return null;
  return { pid, parent: Number(parent), group: Number(group), startTime, zombie: state === 'Z' || state === 'X' };
}

async function hasEnvironment(pid: number, entry: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return `\0${text}`.includes(`\0${entry}\0`);
}
