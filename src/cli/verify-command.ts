/**
 * `npm run verify`: proves with the hash chain of each stream, and with the Merkle tree over all of them, that no event has been changed,
 * removed, inserted or reordered since it was written; or checks a bundle offline.
 */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { readConfig } from '../config.ts';
import { ConfigError } from '../configuration/variables.ts';
import { verifyLog } from '../event-sourcing/verify-log.ts';
import { DataDirInUseError, openDataDir } from '../infrastructure/process/data-dir.ts';
import type { EventStore } from '../infrastructure/event-store/event-store.ts';
import { startEventStore } from '../infrastructure/event-store/store-thread.ts';
import { checkBundle } from '../proof/bundle-format.ts';
import { TreeCheck } from '../proof/verify-tree.ts';
import type { Report } from './verify-report.ts';
import { reportBundle, reportLog } from './verify-report.ts';

const USAGE = `Usage: npm run --silent verify [-- --checkpoint FILE] [--keys FILE]
       npm run --silent verify -- --bundle FILE [--keys FILE]

Verifies the whole event log: the hash chains of requests, API keys, refusals and the actions of operators, and the tree over them with its
signed checkpoints. It uses the log of the service's configuration: EVENTSTORE_CONNECTION_STRING, or the embedded log in DATA_DIR. Stop the
service first if its log is embedded.

  --checkpoint FILE  a checkpoint that you kept, which the log must still hold
  --bundle FILE      check the history of a request, from GET /requests/{id}/audit-bundle, instead: offline
  --keys FILE        public keys that you kept, one a line. Without it those of the log, or of the bundle, count: compare them.

Exit status: 0 if all is intact, 1 if something was altered, 3 if the operator of the store removed events, 2 if nothing could be verified.
`;

const PROGRESS_EVERY_MS = 200;
/** Largest file that is read. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** Invalid command line. */
class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  const options = optionsIn(argv);
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const keys = options.keys === undefined ? null : linesIn(await textOf(options.keys));
  if (options.bundle !== undefined) {
    conclude(reportBundle(checkBundle(await bytesOf(options.bundle), keys), keys !== null));
    return;
  }
  const checkpoints = options.checkpoint === undefined ? [] : [await textOf(options.checkpoint)];
  const config = readConfig(process.env);
  const { store, close } = await openLog(config);
  try {
    // Fails within a second if the event store does not answer.
    await store.tail();
    const check = new TreeCheck(store, config.streamCategory, { checkpoints, keys });
    const onEvent = check.see.bind(check);
    const found = await verifyLog(store, config.streamCategory, { onProgress: progress(), onEvent });
    const tree = found.brokenAt ? null : await check.finish();
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    conclude(reportLog(found, tree));
  } finally {
    await close();
  }
}

function conclude({ lines, exitCode }: Report): void {
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = exitCode;
}

function optionsIn(argv: readonly string[]) {
  const file = { type: 'string' } as const;
  try {
    const options = { help: { type: 'boolean' }, bundle: file, checkpoint: file, keys: file } as const;
    const { values } = parseArgs({ args: [...argv], options });
    if (values.bundle !== undefined && values.checkpoint !== undefined)
      throw new Error('A bundle has its own checkpoint: --bundle and --checkpoint exclude each other.');
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes.`);
  return readFile(path);
}

async function textOf(path: string): Promise<string> {
  return Buffer.from(await bytesOf(path)).toString();
}

function linesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

async function openLog(config: Config): Promise<{ readonly store: EventStore; readonly close: () => Promise<void> }> {
  const { eventStoreConnectionString: connectionString, dataDir: folder } = config;
  if (connectionString !== null) {
    const store = await startEventStore({ kind: 'eventstoredb', connectionString });
    return { store, close: () => store.close() };
  }
  const path = join(folder, 'eventstore');
  if (!existsSync(path)) throw new Error(`No event log at ${path}. Set DATA_DIR or EVENTSTORE_CONNECTION_STRING.`);
  const dataDir = await openDataDir(folder);
  try {
    const store = await startEventStore({ kind: 'embedded', path });
    return { store, close: () => store.close().finally(() => dataDir.release()) };
  } catch (error) {
    await dataDir.release();
    throw error;
  }
}

function progress(): (events: number) => void {
  let shownAt = 0;
  return (events) => {
    if (!process.stderr.isTTY || Date.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = Date.now();
    process.stderr.write(`\r${events.toLocaleString('en')} events`);
  };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof ConfigError ? error.problems.join('\n') : message}\n`);
  if (error instanceof DataDirInUseError)
    process.stderr.write('The service has to be stopped while its log is verified.\n');
  if (error instanceof UsageError) process.stderr.write('See npm run verify -- --help.\n');
  process.exitCode = 2;
}
