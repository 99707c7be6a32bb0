import { spawn } from 'node:child_process';
import { OutputTail } from '../agent/output-tail.ts';

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After which the command and what it started are ended. */
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  /** As whom; the worker's own user when null or left out. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
}

export interface CommandEnd {
  /** Null when it was ended, or could not be started. */
  readonly code: number | null;
  /** The first MiB of it. */
  readonly stdout: string;
  /** The end of what it said on stderr, without secrets. */
  readonly complaint: string;
}

const MAX_STDOUT = 1024 * 1024;

/** Runs a program of the worker's own, in a process group of its own, with a deadline. No shell reads its arguments. Never rejects. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      shell: false,
      detached: true,
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stderr = new OutputTail(4_096);
    child.stdout.on('data', (chunk: Buffer) => {
      if (bytes < MAX_STDOUT) chunks.push(chunk.subarray(0, MAX_STDOUT - bytes));
      bytes += chunk.length;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
    });
    const end = (): void => {
      if (child.pid !== undefined) killGroup(child.pid);
      // Whatever left the group may hold the output open for as long as it likes.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(end, options.limitMs);
    options.signal?.addEventListener('abort', end, { once: true });
    if (options.signal?.aborted) end();
    const settle = (code: number | null, trouble: string): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      resolve({ code, stdout: Buffer.concat(chunks).toString('utf8'), complaint: stderr.read([], 1_000) || trouble });
    };
    child.once('error', (error) => {
      settle(null, error.message);
    });
    child.once('close', (code, signal) => {
      settle(code, signal === null ? `exit code ${code ?? 'unknown'}` : `ended by ${signal} or for its limit`);
    });
  });
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
