import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { OutputTail } from './output-tail.ts';

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After which the command and what it started are ended. */
  readonly limitMs: number;
  /** Without a byte of output; no limit of its own when left out. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
  /** As whom; the worker's own user when null or left out. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** What it reads; nothing when left out. */
  readonly input?: string;
  /** Reads what the command puts out, at its own pace, in place of `stdout` below. The command is ended when this fails. */
  readonly consume?: (stdout: Readable) => Promise<void>;
  /** Values that its complaint must not show. */
  readonly secrets?: readonly string[];
}

export interface CommandEnd {
  /** Null when it was ended, or could not be started. */
  readonly code: number | null;
  /** The first MiB of it. */
  readonly stdout: string;
  /** There was more than that. */
  readonly cut: boolean;
  /** The end of what it said on stderr, without secrets; else how it ended. */
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
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    });
    // A command that ends before it has read everything says why on its own.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    const chunks: Buffer[] = [];
    let bytes = 0;
    let why: string | null = null;
    const stderr = new OutputTail(4_096);
    const end = (reason: string): void => {
      why ??= reason;
      if (child.pid !== undefined) killGroup(child.pid);
      // Whatever left the group may hold the output open for as long as it likes.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(end, options.limitMs, `it took longer than ${options.limitMs / 1000} s`);
    const silence = setTimeout(
      end,
      options.silenceMs ?? options.limitMs,
      `nothing came for ${(options.silenceMs ?? options.limitMs) / 1000} s`,
    );
    const callOff = (): void => {
      end('it was called off');
    };
    options.signal?.addEventListener('abort', callOff, { once: true });
    if (options.signal?.aborted) callOff();
    child.stderr.on('data', (chunk: Buffer) => {
      silence.refresh();
      stderr.push(chunk);
    });
    const consumed = options.consume?.(child.stdout).catch((error: unknown) => {
      end(error instanceof Error ? error.message : String(error));
    });
    if (!consumed)
      child.stdout.on('data', (chunk: Buffer) => {
        silence.refresh();
        if (bytes < MAX_STDOUT) chunks.push(chunk.subarray(0, MAX_STDOUT - bytes));
        bytes += chunk.length;
      });
    const settle = async (code: number | null, trouble: string): Promise<void> => {
      clearTimeout(timer);
      clearTimeout(silence);
      options.signal?.removeEventListener('abort', callOff);
      await consumed;
      const said = stderr.read(options.secrets ?? [], 1_000);
      resolve({
        code: why === null ? code : null,
        stdout: Buffer.concat(chunks).toString('utf8'),
        cut: bytes > MAX_STDOUT,
        complaint: [said, why ?? (said === '' ? trouble : '')].filter((it) => it !== '').join('\n'),
      });
    };
    child.once('error', (error) => {
      void settle(null, error.message);
    });
    child.once('close', (code, signal) => {
      void settle(code, signal === null ? `exit code ${code ?? 'unknown'}` : `ended by ${signal}`);
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
