import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../configuration/variables.ts';
import { DataDirInUseError, DataDirUnusableError, openDataDir } from '../infrastructure/process/data-dir.ts';
import { watchParent } from '../infrastructure/process/parent-watch.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { createLogger } from '../infrastructure/observability/logger.ts';
import type { AgentUser } from './programs/agent-user.ts';
import { findAgentUser } from './programs/agent-user.ts';
import { AutomationApi } from './api.ts';
import { readWorkerConfig, USAGE } from './config.ts';
import type { WorkerConfig } from './config.ts';
import { CLONES_USAGE, runClonesCommand } from './clones-command.ts';
import { Journal } from './journal.ts';
import { findProgram } from './programs/program.ts';
import { showSignsOfLife } from './hello.ts';
import { reconcile } from './reconcile.ts';
import { Reports } from './reports.ts';
import { openSessions } from './claude/sessions.ts';
import { Mirror } from './repository/mirror.ts';
import { checkRemote } from './repository/start-check.ts';
import type { Workspaces } from './repository/workspace.ts';
import { clones, sharedFolder } from './repository/workspace.ts';
import { sweepPending } from './sweep.ts';
import { Worker } from './worker.ts';
import { warnOfReaders } from '../infrastructure/security/secret-file.ts';
import { unknownVariables } from '../configuration/names.ts';

/** Runs until SIGTERM or SIGINT, and returns the exit status. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const commandWords = words[0] === 'clones' ? words.filter((word) => !word.startsWith('-')).slice(1) : null;
  const config = readWorkerConfig(commandWords ? [] : words, process.env);
  if (commandWords) {
    if (!config || commandWords.length + 1 !== words.length) {
      process.stdout.write(CLONES_USAGE);
      return words.includes('--help') ? 0 : 2;
    }
    return clonesCommand(commandWords, config);
  }
  if (!config) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [program = ''] = config.agentCommand;
  // Claude Code is checked by openSessions. A relative path may exist only in the clone, which does not exist yet.
  const isThere = config.repository !== null && program.includes('/') && !isAbsolute(program);
  if (
    !config.claude &&
    !isThere &&
    (await findProgram(program, { path: process.env.PATH ?? '', cwd: config.agentDir })) === null
  ) {
    throw new ConfigError([
      `AUTOMATION_AGENT_COMMAND begins with ${JSON.stringify(program)}, which is no program on this machine.`,
    ]);
  }
  const state = await openStateDir(config);
  try {
    await run(config, state.path);
    return 0;
  } finally {
    await state.release();
  }
}

async function clonesCommand(words: readonly string[], config: WorkerConfig): Promise<number> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  return runClonesCommand(words, {
    config,
    print,
    exclusively: async (work) => {
      const state = await openStateDir(config);
      try {
        const log = createLogger(config.logLevel).child({ worker: config.name });
        return await work(await openWorkspaces(config, state.path, null, log), log);
      } finally {
        await state.release();
      }
    },
  });
}

/** Opens and locks the state folder: a second worker of the same name would end this one's agents as orphans. */
async function openStateDir(config: WorkerConfig) {
  const folder = join(config.stateDir, config.name);
  try {
    return await openDataDir(folder);
  } catch (error) {
    if (error instanceof DataDirUnusableError) {
      const what = 'must be a folder that can be made and written to';
      throw new ConfigError([`AUTOMATION_WORKER_STATE_DIR ${what}. ${error.message}.`]);
    }
    if (!(error instanceof DataDirInUseError)) throw error;
    throw new ConfigError([`A worker named ${config.name} runs already with ${folder}: give this one another --name.`]);
  }
}

async function run(config: WorkerConfig, stateDir: string): Promise<void> {
  const log = createLogger(config.logLevel).child({ worker: config.name });
  for (const name of unknownVariables(process.env)) log.warn(`${name} is not a known variable; it has no effect`);
  if (config.apiKeyFile !== null) warnOfReaders('AUTOMATION_API_KEY_FILE', config.apiKeyFile, log);
  const api = new AutomationApi(config);
  const journal = await Journal.open(stateDir);
  const reports = new Reports({ api, journal, log });
  const agentUser = config.agentUser === null ? null : await findAgentUser(config.agentUser);
  const workspaces = await openWorkspaces(config, stateDir, agentUser, log);
  const environment = process.env;
  const sessions = config.claude
    ? await openSessions({
        claude: config.claude,
        stateDir,
        outermost: config.stateDir,
        agentDir: config.agentDir,
        user: agentUser,
        environment,
        log,
      })
    : null;
  const parts = { config, api, journal, reports, workspaces, sessions, agentUser, log, environment };
  const worker = new Worker(parts);
  const asked = stopSignals();

  const giveUp = new AbortController();
  const { settled } = await reconcile(parts, giveUp.signal);
  const queue = await openQueue(config, worker, log);
  const stopSweep = new AbortController();
  const living = showSignsOfLife(
    { api, name: config.name, repositories: [], capacity: worker.capacity, log },
    giveUp.signal,
  );
  const sweeping = sweepPending({ api, worker, intervalMs: config.sweepMs, log }, stopSweep.signal);
  queue?.start();
  log.info(
    {
      pid: process.pid,
      api_url: config.apiUrl,
      queue: config.queueUrl ?? 'none: pending requests are polled',
      concurrency: config.concurrency,
      agent: config.agentCommand[0],
      ...(config.repository === null ? { agent_dir: config.agentDir } : { repository: config.repository }),
      lease_seconds: config.leaseSeconds,
    },
    'worker started',
  );
  // Only a separate user or container isolates the agent.
  if (!agentUser) {
    log.warn(
      'the agent runs as the user of this worker and can read whatever that user can, including the key of its model',
    );
  }

  const signal = await asked.first;
  log.info({ signal, limit_ms: config.drainMs }, 'stopping: taking no more requests; a second signal stops at once');
  const now = new AbortController();
  void asked.second.then(() => {
    now.abort();
    worker.handBackAll();
  });
  stopSweep.abort();
  await Promise.all([worker.drain(config.drainMs), queue?.stop(config.drainMs, now.signal)]);
  giveUp.abort();
  await Promise.all([sweeping, living, settled, queue?.close()]);
  log.info('worker stopped');
}

async function openWorkspaces(
  config: WorkerConfig,
  stateDir: string,
  owner: AgentUser | null,
  log: Logger,
): Promise<Workspaces> {
  if (config.repository === null) return sharedFolder(config.agentDir);
  const { repository, repositoryCredentials: credentials, baseBranch, commitBytes: maxBytes } = config;
  const { branchPrefix, keptBytes, stateDir: outermost } = config;
  const mirror = await Mirror.open(stateDir, repository, baseBranch, { credentials, maxBytes, log });
  await checkRemote(mirror, branchPrefix, log);
  return clones({ mirror, branchPrefix, holdsCi: config.ciPaths === 'hold', keptBytes, outermost, owner, log });
}

/** Loads the AWS SDK only when a queue is configured. */
async function openQueue(config: WorkerConfig, worker: Worker, log: Logger) {
  if (config.queueUrl === null) return null;
  const { Queue } = await import('./queue.ts');
  const { queueUrl, queueWaitSeconds: waitSeconds, leaseSeconds } = config;
  return new Queue({ queueUrl, waitSeconds, leaseSeconds, worker, log });
}

/**
 * The first signal starts a drain, and a second one stops at once. The end of npm, if npm started this process, does both. Signals
 * within a second of the first are ignored as duplicates: a terminal sends Ctrl-C to npm and to this process, and npm forwards it.
 */
function stopSignals(): { readonly first: Promise<string>; readonly second: Promise<void> } {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<void>();
  let since: number | null = null;
  const stop = (signal: string): void => {
    since ??= performance.now();
    first.resolve(signal);
    if (performance.now() - since > 1_000) second.resolve();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  watchParent({
    onOrphaned: () => {
      first.resolve('npm is gone');
      second.resolve();
    },
  });
  return { first: first.promise, second: second.promise };
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`Configuration: ${problem}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(
      `The worker failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
// Open keep-alive connections must not keep the process alive.
process.exit();
