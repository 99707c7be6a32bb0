import { readFileSync, readdirSync } from 'node:fs';

/** Whether a process is running. A zombie does not count. */
export function runs(pid: number): boolean {
  const state = /^\d+ \(.*\) (\S)/s.exec(read(`/proc/${pid}/stat`))?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Ids of the processes whose environment contains this text, except those of the tests themselves. */
export function processesWith(environment: string): number[] {
  return pids().filter((pid) => pid !== process.pid && runs(pid) && read(`/proc/${pid}/environ`).includes(environment));
}

/** The command lines of all processes. */
export function commandLines(): string[] {
  return pids().map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
