import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.ts';
import { copyPostgresTemplate } from './postgres-template.ts';
import { TestSchema } from './schema.ts';

/** The built program. A different build can be named instead, to see the tests fail on it. */
export const PROGRAM = process.env.TEST_SERVER_PROGRAM ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_LIMIT_MS = 50_000;
const STOP_LIMIT_MS = 25_000;

export type Environment = Readonly<Record<string, string>>;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the service until it ends by itself, as it does if it cannot start. */
export async function runServer(env: Environment): Promise<Exit> {
  const run = new Run({ PORT: '0', ...env });
  try {
    return await within(START_LIMIT_MS, 'the server ends', run.exited);
  } finally {
    run.signal('SIGKILL');
  }
}

/** A data folder with the files of a PostgreSQL server, so that a first start need not create them, which takes seconds. */
export async function prepareDataDir(path: string): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  await copyPostgresTemplate(path);
  return path;
}

/** The service as a separate process, which can be stopped, killed and restarted with the same data. */
export class Server {
  readonly dataDir: string;
  readonly api: Api;
  readonly #folder: string;
  readonly #schema: TestSchema | null;
  #env: Environment;
  #run: Run;
  #earlierOutput = '';

  private constructor(folder: string, schema: TestSchema | null, env: Environment) {
    this.#folder = folder;
    this.#schema = schema;
    this.dataDir = env.DATA_DIR ?? join(folder, 'data');
    this.#env = { DATA_DIR: this.dataDir, PORT: '0', ...schema?.env, ...env };
    this.#run = new Run(this.#env);
    this.api = new Api(() => this.url);
  }

  /**
   * Starts it with a new data folder, a schema of the PostgreSQL server that all tests share, and, except for `env`, default settings. With
   * DATA_DIR it has a PostgreSQL of its own, whose files it creates if they are not there. Resolves when it listens.
   */
  static async start(env: Environment = {}): Promise<Server> {
    const isShared = !('DATABASE_URL' in env || 'DATA_DIR' in env);
    return Server.#start(await newFolder(), isShared ? new TestSchema() : null, env);
  }

  /** The same with a PostgreSQL of its own, whose files were copied, so that it need not create them. */
  static async startWithPostgres(env: Environment = {}): Promise<Server> {
    const folder = await newFolder();
    await prepareDataDir(join(folder, 'data'));
    return Server.#start(folder, null, env);
  }

  static async #start(folder: string, schema: TestSchema | null, env: Environment): Promise<Server> {
    const server = new Server(folder, schema, env);
    try {
      await server.#run.listening();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  /** Base URL of the running process. It changes with every start. */
  get url(): string {
    return this.#run.url;
  }

  get pid(): number {
    return this.#run.pid;
  }

  get hasExited(): boolean {
    return this.#run.hasExited;
  }

  /** Everything written to both outputs since the first start. */
  get output(): string {
    return this.#earlierOutput + this.#run.stdout + this.#run.stderr;
  }

  /** The JSON lines of its log since the first start. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  get log(): any[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  /** Stops it gracefully, as Ctrl-C or a supervisor would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#run.signal(signal);
    return within(STOP_LIMIT_MS, 'the server stops', this.#run.exited);
  }

  /** Kills it, like a crash; resolves when it has ended. */
  async kill(): Promise<void> {
    this.#run.signal('SIGKILL');
    await this.#run.exited;
  }

  /** Restarts it with the same data after `stop` or `kill`. Returns how long it took to listen. */
  async startAgain(env: Environment = {}): Promise<number> {
    this.#earlierOutput = this.output;
    this.#env = { ...this.#env, ...env };
    const begun = performance.now();
    this.#run = new Run(this.#env);
    await this.#run.listening();
    return performance.now() - begun;
  }

  /** Ends it by whatever means necessary, and removes its data. */
  async dispose(): Promise<void> {
    this.api.close();
    if (!this.#run.hasExited) await this.stop().catch(() => this.kill());
    await this.#schema?.drop();
    // A PostgreSQL of its own notices the end within seconds, and writes until then.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
  }
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'automation-e2e-'));

/** One run of the process. */
class Run {
  stdout = '';
  stderr = '';
  readonly exited: Promise<Exit>;
  #url: string | null = null;
  readonly #child: ChildProcess;

  constructor(env: Environment) {
    const begun = performance.now();
    // Without the tests' environment. With this variable of npm's, the server stops by itself if the tests are killed.
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    this.#child = spawn(process.execPath, [PROGRAM], {
      env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), npm_lifecycle_event: 'start', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      tookMs: performance.now() - begun,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get url(): string {
    if (this.#url === null) throw new Error('The server is not listening.');
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.#child.kill(signal);
  }

  /** Resolves when the log says where it listens. */
  async listening(): Promise<void> {
    const listens = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const line = this.stdout.split('\n').find((it) => it.includes('"msg":"listening"') && it.endsWith('}'));
        if (line === undefined) return;
        this.#url = (JSON.parse(line) as { url: string }).url;
        resolve();
      };
      this.#child.stdout?.on('data', look);
      void this.exited.then(({ code, stdout, stderr }) => {
        reject(new Error(`The server ended with ${code} before it listened:\n${stdout}\n${stderr}`));
      });
    });
    await within(START_LIMIT_MS, 'the server listens', listens).catch((error: unknown) => {
      throw new Error(`The server does not listen. Output:\n${this.stdout}\n${this.stderr}`, { cause: error });
    });
  }
}

async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${limitMs} ms: ${what}.`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
