import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

/** The built program. A different build can be named instead. */
const PROGRAM = process.env.TEST_WORKER_PROGRAM ?? fileURLToPath(new URL('../../dist/worker/main.js', import.meta.url));
const AGENT = fileURLToPath(new URL('./agents/agent.mjs', import.meta.url));

export interface WorkerOptions {
  readonly apiUrl: string;
  /** What the scripted agent does; see `agents/agent.mjs`. */
  readonly behaviour?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Folder of an earlier worker, whose state and work this one takes over. */
  readonly folder?: string;
}

/** What a run of the scripted agent reported about itself. */
export interface AgentRun {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly children: readonly number[];
  /** Files in its working folder. */
  readonly files: readonly string[];
}

/** A worker as a separate process, with the scripted agent. */
export class WorkerProcess {
  readonly folder: string;
  /** Lines of its log, parsed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  readonly log: any[] = [];
  stdout = '';
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  readonly #env: Readonly<Record<string, string>>;

  constructor({ apiUrl, behaviour = 'succeed', env = {}, args = [], folder }: WorkerOptions) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'automation-worker-test-'));
    const { PATH = '', HOME = '' } = process.env;
    this.#env = {
      PATH,
      HOME,
      // If the tests are killed, the worker stops by itself.
      npm_lifecycle_event: 'worker',
      AUTOMATION_API_URL: apiUrl,
      AUTOMATION_WORKER_NAME: 'test-worker',
      AUTOMATION_WORKER_STATE_DIR: join(this.folder, 'state'),
      AUTOMATION_WORKER_SWEEP_SECONDS: '1',
      AUTOMATION_QUEUE_WAIT_SECONDS: '1',
      AUTOMATION_AGENT_DIR: this.folder,
      AUTOMATION_AGENT_GRACE_SECONDS: '1',
      AUTOMATION_AGENT_COMMAND: JSON.stringify([process.execPath, AGENT, behaviour, '{id}']),
      ...env,
    };
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    let line = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      this.log.push(...lines.filter((it) => it.startsWith('{') && it.endsWith('}')).map((it) => JSON.parse(it)));
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async logs(msg: string, count = 1, limitMs = 20_000): Promise<void> {
    await until(
      `the worker logs ${JSON.stringify(msg)}`,
      () => this.log.filter((it) => it.msg === msg).length >= count,
      limitMs,
    );
  }

  /** What the scripted agent reported about its run. */
  async agentRun(requestId: string, attempt = 1): Promise<AgentRun> {
    const file = join(this.folder, `run-${requestId}-${attempt}.json`);
    let run: AgentRun | null = null;
    const isThere = (): boolean => {
      try {
        run = JSON.parse(readFileSync(file, 'utf8'));
        return true;
      } catch {
        return false;
      }
    };
    await until(`attempt ${attempt} runs`, isThere, 40_000);
    return run as unknown as AgentRun;
  }

  /** Lets the waiting agents of an attempt finish, or that of one request by its id. */
  letGo(which: number | string = 1): void {
    writeFileSync(join(this.folder, `go-${which}`), '');
  }

  /** Tells an agent with the behaviour `as-told` what to do. */
  tell(requestId: string, behaviour: string): void {
    const file = join(this.folder, `behaviour-${requestId}`);
    writeFileSync(`${file}.draft`, behaviour);
    renameSync(`${file}.draft`, file);
  }

  /** Runs a different command of the worker's program on its state. */
  async command(...words: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
    const child = spawn(process.execPath, [PROGRAM, ...words], { env: this.#env, stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout };
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    this.signal('SIGTERM');
    return this.exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Stops it gracefully, lets waiting agents finish, and removes its folder. */
  async dispose(): Promise<void> {
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    for (let attempt = 1; attempt <= 3; attempt += 1) this.letGo(attempt);
    const timer = setTimeout(() => this.signal('SIGKILL'), 30_000);
    await this.exited;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
