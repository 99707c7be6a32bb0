import { readFileSync, readdirSync } from 'node:fs';

/** Whether a process of this number runs; one that has ended and was not collected yet does not. */
export function runs(pid: number): boolean {
  const state = /^\d+ \(.*\) (\S)/s.exec(read(`/proc/${pid}/stat`))?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** The numbers of the processes whose environment holds this text, without those of the tests themselves. */
export function processesWith(environment: string): number[] {
  return pids().filter((pid) => pid !== process.pid && runs(pid) && read(`/proc/${pid}/environ`).includes(environment));
}

/** The command line of every process there is. */
export function commandLines(): string[] {
  return pids().map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
}

/** The resident memory of a process, in MiB. */
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
