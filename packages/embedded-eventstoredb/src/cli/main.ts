import { readFileSync } from 'node:fs';
import { Engine } from '../engine/engine.ts';
import { connectionString } from '../node/connection-string.ts';
import { EventStoreNode } from '../node/event-store-node.ts';
import type { NodeOptions } from '../node/options.ts';
import { readArguments, USAGE, UsageError } from './arguments.ts';

const FAILED = 1;
const MISUSED = 2;

/** Runs the command line and returns the exit code. A started node keeps the process alive until it stops. */
export async function main(args: string[]): Promise<number> {
  try {
    const command = readArguments(args);
    switch (command.kind) {
      case 'help':
        process.stdout.write(USAGE);
        return 0;
      case 'version':
        process.stdout.write(`${version()}\n`);
        return 0;
      case 'integrity':
        return checkIntegrity(command.dataDir);
      case 'run':
        await run(command.options, command.exitWithParent);
        return 0;
    }
  } catch (error) {
    process.stderr.write(`embedded-eventstoredb: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof UsageError)) return FAILED;
    process.stderr.write('Try --help.\n');
    return MISUSED;
  }
}

function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

function checkIntegrity(dataDir: string): number {
  const { events, streams, problems } = Engine.integrity(dataDir);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const verdict = problems.length === 0 ? 'sound' : `${problems.length} problems`;
  process.stdout.write(`${events} events in ${streams} streams: ${verdict}\n`);
  return problems.length === 0 ? 0 : FAILED;
}

async function run(options: NodeOptions, exitWithParent: boolean): Promise<void> {
  const node = await EventStoreNode.start(options);
  const { promise: told, resolve: stop } = Promise.withResolvers<void>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals += 1;
      // A second signal ends the process without waiting.
      if (signals > 1) process.exit(FAILED);
      stop();
    });
  }
  if (exitWithParent) process.stdin.on('end', stop).on('error', stop).resume();
  // A closed pipe must not end the node: the caller may have read all it needs.
  process.stdout.on('error', () => undefined);
  process.stdout.write(`${connectionString(options, node.port)}\n`);
  await told;
  await node.stop();
  if (exitWithParent) process.stdin.destroy();
}
