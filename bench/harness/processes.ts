import { readdirSync, readFileSync } from 'node:fs';

/** Figures of processes from the kernel. Only Linux has them; elsewhere they are NaN, and the tables leave them out. */

const TICKS_PER_SECOND = 100;

/** CPU time in microseconds of these processes and their descendants, including descendants that have ended. */
export function cpuOf(pids: readonly number[]): number {
  if (process.platform !== 'linux') return NaN;
  return withDescendants(pids).reduce((sum, pid) => {
    // User and system time, and the same of children that have been waited for.
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = (statOf(pid) ?? []).slice(11, 15).map(Number);
    return sum + ((user + system + childUser + childSystem) / TICKS_PER_SECOND) * 1e6;
  }, 0);
}

export interface Memory {
  /** Anonymous memory in MiB: what the process itself allocated. */
  readonly anon: number;
  /** Total memory in MiB, including mapped code. */
  readonly rss: number;
}

export function memoryOf(pid: number): Memory {
  const text = read(`/proc/${pid}/status`) ?? '';
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? NaN) / 1024;
  return { anon: mib('RssAnon'), rss: mib('VmRSS') };
}

function withDescendants(pids: readonly number[]): number[] {
  const found = new Set(pids);
  const parents = new Map<number, number>();
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = statOf(pid)?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** The fields of `/proc/PID/stat` after the program's name, starting with its state. */
function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
