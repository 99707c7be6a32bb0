import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { OutputTail } from './output-tail.ts';

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Time limit after which the command and its process group are killed. */
  readonly limitMs: number;
  /** Maximum time without output; defaults to `limitMs`. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
  /** User to run as; defaults to the worker's own. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** Text for stdin; empty by default. */
  readonly input?: string;
  /** Streams stdout instead of collecting it. The command is killed when this rejects. */
  readonly consume?: (stdout: Readable) => Promise<void>;
  /** Values to redact from `complaint`. */
  readonly secrets?: readonly string[];
}

export interface CommandEnd {
  /** Exit code; null when the command was killed or could not be started. */
  readonly code: number | null;
  /** The first MiB of stdout. */
  readonly stdout: string;
  /** True when stdout was longer than that. */
  readonly cut: boolean;
  /** End of stderr with secrets redacted, and why the command was killed; when both are empty, how it ended. */
  readonly complaint: string;
}

const MAX_STDOUT = 1024 * 1024;

/** Runs a program in its own process group, with a deadline and without a shell. Never rejects. */
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
    // A command that exits without reading all of stdin reports its own error.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    const chunks: Buffer[] = [];
    let bytes = 0;
    let why: string | null = null;
    const stderr = new OutputTail(4_096);
    const end = (reason: string): void => {
      why ??= reason;
      if (child.pid !== undefined) killGroup(child.pid);
      // A process that left the group may keep the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(end, options.limitMs, `it took longer than ${options.limitMs / 1000} s`);
    const silence = setTimeout(
      end,
      options.silenceMs ?? options.limitMs,
      `it produced no output for ${(options.silenceMs ?? options.limitMs) / 1000} s`,
    );
    const callOff = (): void => {
      end('it was cancelled');
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
    // Already gone.
  }
}
