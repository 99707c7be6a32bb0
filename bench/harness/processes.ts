import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel knows of processes. Only Linux tells; elsewhere all of it is NaN, and the table leaves it out. */

const TICKS_PER_SECOND = 100;

/** Microseconds of CPU that these processes and all below them have used, with those below them that have ended. */
export function cpuOf(pids: readonly number[]): number {
  if (process.platform !== 'linux') return NaN;
  return withDescendants(pids).reduce((sum, pid) => {
    // In the kernel and outside, and the same of children that were waited for.
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = (statOf(pid) ?? []).slice(11, 15).map(Number);
    return sum + ((user + system + childUser + childSystem) / TICKS_PER_SECOND) * 1e6;
  }, 0);
}

export interface Memory {
  /** MiB of memory that no file stands behind: what the process itself asked for. */
  readonly anon: number;
  /** MiB in all, with the code it maps. */
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

/** The fields of `/proc/PID/stat` that follow the name of the program, from its state on. */
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
