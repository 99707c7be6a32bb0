import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file is read by versions down to 20: nothing newer may stand in it, nor in what calls it. */
const NEEDED = 24;
const CANNOT_START = 2;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** In the environment of a program that an older Node.js waits for. */
const MARK = 'STARTED_BY_OLDER_NODE';

/**
 * The first thing that a program does, before it loads what only a new Node.js can run. Resolves at once under one that is new enough.
 * Under an older one the program (`entry`, its file: URL) goes on in the Node.js that came with the dependencies, and this never resolves:
 * the process passes signals on and ends as the other one ends, or with status 2 and one line when there is none.
 */
export async function needNewNode(entry) {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) return endWithOlderNode();
  const { name, program } = bundledNode(entry);
  if (program !== undefined) return runIn(program, entry);
  process.stderr.write(
    `Node.js ${NEEDED} or newer is needed, and this is ${process.versions.node}. The one that comes with the dependencies is not there:` +
      ` run npm ci without --omit=optional, or install Node.js ${NEEDED} if there is no package ${name}.\n`,
  );
  process.exit(CANNOT_START);
}

/** The package of Node.js for this platform, and its program as `entry` finds it; undefined without one. */
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
    // The channel carries nothing: its end tells the other one of the end of this process.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // In a session of its own: a terminal's Ctrl-C comes to this process alone, and from here once.
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
      // Node.js ignores some signals, such as SIGPIPE: then as a shell puts it.
      setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
    });
  });
}

/** The older Node.js can pass no SIGKILL on. */
function endWithOlderNode() {
  if (process.env[MARK] === undefined) return;
  delete process.env[MARK];
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
