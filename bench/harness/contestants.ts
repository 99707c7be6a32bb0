import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './postgres.ts';
import type { Postgres } from './postgres.ts';
import { NODE_CLI, SERVICE_MAIN } from './service-modules.ts';
import { SUBMISSION } from './submission.ts';

export const BASELINES = ['p0', 'p1', 'p1t', 'p1q', 'p2'] as const;
/** The two ways of the service: log in its own process, or in a node reached over gRPC. */
export const WAYS = ['in-process', 'grpc'] as const;
export type Name = (typeof BASELINES)[number] | (typeof WAYS)[number];

/** What all contestants share. */
export interface Ground {
  /** For data and logs; removed at the end. */
  readonly folder: string;
  readonly postgres: Postgres;
  /** The node; null if `grpc` is not measured. */
  readonly node: { readonly connectionString: string; readonly pid: number } | null;
}

export interface Contestant {
  readonly name: Name;
  readonly url: string;
  readonly pid: number;
  /** Process ids, including the node's but not PostgreSQL's. */
  readonly pids: readonly number[];
  /** Time from process start to the first 201, in ms. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 20_000;

/** Starts a contestant and waits for its first 201. `environment` is added to the defaults. */
export async function startContestant(
  name: Name,
  ground: Ground,
  environment: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  const port = await freePort();
  const isService = name === 'in-process' || name === 'grpc';
  const database = isService
    ? { DATABASE_URL: ground.postgres.url, DATABASE_SCHEMA: schemaOf(name), DATA_DIR: join(ground.folder, name) }
    : { DATABASE_URL: await ground.postgres.schema(schemaOf(name)) };
  const store = name === 'grpc' && ground.node ? { EVENTSTORE_CONNECTION_STRING: ground.node.connectionString } : {};
  const program = isService ? SERVICE_MAIN : join(import.meta.dirname, `../baselines/${name}.js`);
  const begun = performance.now();
  const started = startProgram(name, [program], ground.folder, {
    NODE_ENV: 'production',
    PORT: String(port),
    ...database,
    ...store,
    ...environment,
  });
  const url = `http://127.0.0.1:${port}`;
  await firstAnswer(started, url);
  return {
    name,
    url,
    pid: started.pid,
    pids: [started.pid, ...(name === 'grpc' && ground.node ? [ground.node.pid] : [])],
    startedIn: performance.now() - begun,
    stop: () => started.stop(),
  };
}

/** The schema of its tables. */
export function schemaOf(name: Name): string {
  return name.replace('-', '_');
}

/** Starts the embedded node as a separate process on an existing log. Null if the program has not been built. */
export async function startNode(
  folder: string,
  dataDir: string,
): Promise<(Ground['node'] & { stop(): Promise<void> }) | null> {
  const port = await freePort();
  const started = startProgram('node', [NODE_CLI, '--data-dir', dataDir, '--port', String(port)], folder, {});
  for (let waited = 0; waited < START_LIMIT_MS; waited += 20) {
    if (started.hasEnded()) return null;
    if (/listen|ready|running|esdb:/i.test(started.output())) {
      return { connectionString: `esdb://127.0.0.1:${port}?tls=false`, pid: started.pid, stop: () => started.stop() };
    }
    await delay(20);
  }
  throw new Error(`The node did not start:\n${started.output()}`);
}

interface Program {
  readonly pid: number;
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  stop(): Promise<void>;
}

function startProgram(
  name: string,
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Program {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'w');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'lifeline.js'), ...command], {
    cwd: folder,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  });
  return {
    pid: child.pid ?? NaN,
    output: () => readFileSync(logFile, 'utf8').slice(-2_000),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

async function firstAnswer(program: Program, url: string): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    if (program.hasEnded()) break;
    if ((await submitOnce(url)) === 201) return;
    await delay(5);
  }
  throw new Error(`A contestant did not start:\n${program.output()}`);
}

function submitOnce(url: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(SUBMISSION) };
    const sent = request(`${url}/api/v1/automation/requests`, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0));
    sent.end(SUBMISSION);
  });
}
