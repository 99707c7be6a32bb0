import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node.js versions down to 20 load this file and its callers, so they must not use anything newer. */
const NEEDED = 24;
const CANNOT_START = 2;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Set in the environment of a program that an older Node.js has started and waits for. */
const MARK = 'STARTED_BY_OLDER_NODE';

/**
 * Call it first in a program, before loading what only a newer Node.js can run. Resolves at once if this one is new enough. Otherwise runs
 * the program (`entry`, its file: URL) in the Node.js that came with the dependencies and never resolves: the process forwards signals and
 * ends as the other one does. If there is none, it prints one line and exits with status 2.
 */
export async function needNewNode(entry) {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) return endWithOlderNode();
  const { name, program } = bundledNode(entry);
  if (program !== undefined) return runIn(program, entry);
  process.stderr.write(
    `Node.js ${NEEDED} or newer is needed, and this is ${process.versions.node}. The one that comes with the dependencies is not installed:` +
      ` run npm ci without --omit=optional, or install Node.js ${NEEDED} if there is no package ${name}.\n`,
  );
  process.exit(CANNOT_START);
}

/** The Node.js package for this platform, and its executable as resolved from `entry`; undefined if not installed. */
export function bundledNode(entry) {
  const isWindows = process.platform === 'win32';
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  try {
    const found = createRequire(entry).resolve(`${name}/package.json`);
    return { name, program: join(dirname(found), 'bin', isWindows ? 'node.exe' : 'node') };
  } catch {
    return { name, program: undefined };
  }
}

function runIn(program, entry) {
  const child = spawn(program, [...process.execArgv, fileURLToPath(entry), ...process.argv.slice(2)], {
    // Nothing is sent over the IPC channel; its end tells the child that this process has ended.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // In its own session: Ctrl-C in a terminal reaches only this process, which forwards it once.
    detached: process.platform !== 'win32',
    env: { ...process.env, [MARK]: 'yes' },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  return new Promise(() => {
    child.on('error', (error) => {
      process.stderr.write(`${program} cannot be run: ${error.message}\n`);
      process.exit(CANNOT_START);
    });
    child.on('exit', (status, signal) => {
      if (signal === null) process.exit(status);
      for (const name of SIGNALS) process.removeAllListeners(name);
      process.kill(process.pid, signal);
      // Node.js ignores some signals, such as SIGPIPE: then exit as a shell would.
      setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
    });
  });
}

/** Ends this process with the older Node.js that started it, which cannot forward SIGKILL. */
function endWithOlderNode() {
  if (process.env[MARK] === undefined) return;
  delete process.env[MARK];
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
