import type { ChildProcess } from 'node:child_process';
import type * as Fauxqs from 'fauxqs';
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The demo's processes: the programs that `npm start` and `npm run worker` start, and an emulator in place of SQS. */
export interface Stage {
  /** Base URL of the API. */
  readonly apiUrl: string;
  /** Rejects when one of the processes ends unexpectedly. */
  readonly broken: Promise<never>;
  readonly startWorker: (name: string) => Promise<void>;
  /** Kills a worker with SIGKILL, like a crash. */
  readonly killWorker: (name: string) => Promise<void>;
  /** Stops everything. Idempotent. */
  readonly strike: () => Promise<void>;
}

export interface StageOptions {
  /** Holds everything: data, logs, the agent's work. */
  readonly folder: string;
  /** Pause between two steps of the stand-in agent, in ms. */
  readonly pauseMs: number;
  /** Called when a part is up. */
  readonly onUp: (part: string, where: string) => void;
}

const DIST = resolve(import.meta.dirname, '..');
const KIT = resolve(DIST, '../.claude');
/** The shortest lease allowed, so that the wait after a crash is short. */
export const LEASE_SECONDS = 15;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

/** The emulator accepts any credentials. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'demo', AWS_SECRET_ACCESS_KEY: 'demo', AWS_REGION: 'eu-central-1' };

/** Starts emulator, API and worker. If that fails or `signal` aborts, stops what was started. */
export async function setStage(options: StageOptions, signal: AbortSignal): Promise<Stage> {
  const closing: (() => Promise<void>)[] = [];
  let struck: Promise<void> | null = null;
  const strike = (): Promise<void> => {
    struck ??= (async () => {
      for (const close of closing.reverse()) await close();
    })();
    return struck;
  };
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const programs = new Map<string, Program>();
  const start = async (part: string, program: string, environment: Readonly<Record<string, string>>, line: RegExp) => {
    signal.throwIfAborted();
    const started = startProgram(part, program, { ...options, environment });
    programs.set(part, started);
    closing.push(() => started.stop());
    void started.ended.then((end) => {
      if (struck || programs.get(part) !== started) return;
      broken.reject(new Error(`${part} ended unexpectedly (${end}): see ${started.logFile}`));
    });
    return Promise.race([started.untilLine(line), broken.promise, aborted(signal)]);
  };

  try {
    const queue = await startQueue();
    closing.push(queue.close);
    options.onUp('SQS', `emulated, ${queue.endpoint}`);
    const sqs = { ...CREDENTIALS, AWS_ENDPOINT_URL_SQS: queue.endpoint, AWS_SQS_AUTOMATION_QUEUE_URL: queue.url };
    const api = { HOST: '127.0.0.1', PORT: '0', DATA_DIR: join(options.folder, 'data') };
    const listening = /"url":"([^"]+)".*"listening"/;
    const [, apiUrl = ''] = await start('api', join(DIST, 'main.js'), { ...sqs, ...api }, listening);
    options.onUp('API', `${apiUrl}, with its own event store and PostgreSQL`);
    const work = join(options.folder, 'agent');
    await mkdir(work);
    const agent = [process.execPath, join(import.meta.dirname, 'demo-agent.js'), '{id}', KIT, String(options.pauseMs)];
    const environment = {
      ...sqs,
      AUTOMATION_API_URL: apiUrl,
      AUTOMATION_WORKER_STATE_DIR: join(options.folder, 'worker'),
      AUTOMATION_WORKER_DRAIN_SECONDS: '0',
      AUTOMATION_WORKER_LEASE_SECONDS: String(LEASE_SECONDS),
      AUTOMATION_AGENT_COMMAND: JSON.stringify(agent),
      AUTOMATION_AGENT_DIR: work,
    };
    const startWorker = async (name: string): Promise<void> => {
      const worker = { ...environment, AUTOMATION_WORKER_NAME: name };
      await start(name, join(DIST, 'worker/main.js'), worker, /"worker started"/);
      options.onUp('worker', `${name}, takes requests from the queue`);
    };
    const killWorker = async (name: string): Promise<void> => {
      const worker = programs.get(name);
      programs.delete(name);
      await worker?.kill();
    };
    await startWorker('worker-1');
    return { apiUrl, broken: broken.promise, startWorker, killWorker, strike };
  } catch (error) {
    await strike();
    throw error;
  }
}

/** Starts the emulator on loopback. Its own start function would listen on every interface. */
async function startQueue() {
  let fauxqs: typeof Fauxqs;
  try {
    fauxqs = await import('fauxqs');
  } catch {
    throw new Error('The demo needs the SQS emulator, a development dependency: run `npm ci` without --omit=dev.');
  }
  const { CreateQueueCommand, SQSClient } = await import('@aws-sdk/client-sqs');
  const app = fauxqs.buildApp({ logger: false });
  const endpoint = (await app.listen({ port: 0, host: '127.0.0.1' })).replace(/\/$/, '');
  const sqs = new SQSClient({
    endpoint,
    region: CREDENTIALS.AWS_REGION,
    credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY },
  });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'automation' }));
  sqs.destroy();
  // The emulator returns queue URLs with a host name that does not resolve.
  const url = `${endpoint}${new URL(QueueUrl ?? '').pathname}`;
  return {
    endpoint,
    url,
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

interface Program {
  readonly logFile: string;
  /** Resolves with how the process ended. */
  readonly ended: Promise<string>;
  /** Resolves with the first matching line of its output. Rejects after {@link START_LIMIT_MS}. */
  untilLine(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a program in its own session, so that Ctrl-C reaches only the demo, which then stops everything in order. */
function startProgram(
  part: string,
  program: string,
  options: StageOptions & { environment: Readonly<Record<string, string>> },
): Program {
  const logFile = join(options.folder, `${part}.log`);
  const child = spawn(process.execPath, [program], {
    cwd: options.folder,
    detached: true,
    env: { ...harmless(process.env), TMPDIR: options.folder, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => {
      settle(error.message);
    });
    child.once('close', (code, signal) => {
      log.end();
      settle(signal ?? `exit status ${code ?? 'unknown'}`);
    });
  });
  const lines = createInterface({ input: child.stdout });
  const untilLine = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((settle, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${part} did not start in time: see ${logFile}`));
      }, START_LIMIT_MS);
      lines.on('line', (line) => {
        const match = pattern.exec(line);
        if (!match) return;
        clearTimeout(timer);
        settle(match);
      });
      void ended.then(() => {
        clearTimeout(timer);
      });
    });
  return { logFile, ended, untilLine, stop: () => stopProgram(child, ended), kill: () => killProgram(child, ended) };
}

/** Sends SIGTERM, and SIGKILL if the process is still running after {@link STOP_LIMIT_MS}. */
async function stopProgram(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

async function killProgram(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/**
 * The current environment without variables that would point the demo at a real event store, database, queue or account. The added variable
 * makes API and worker watch for the demo's death, as they do for npm's.
 */
function harmless(environment: NodeJS.ProcessEnv): Record<string, string> {
  const ours =
    /^(AWS_|AUTOMATION_|EVENTSTORE_|DATABASE_|ANTHROPIC_|CLAUDE|HOST$|PORT$|DATA_DIR$|LOG_LEVEL$|NODE_OPTIONS$)/;
  const kept = Object.entries(environment).filter(([name, value]) => value !== undefined && !ours.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), npm_lifecycle_event: 'demo' };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
