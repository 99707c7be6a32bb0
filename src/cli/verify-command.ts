/**
 * `npm run verify`: proves with the hash chain of each stream that no event has been changed, removed, inserted or reordered since it was
 * written. Exit status 0: every hash holds; 1: one does not; 2: the log could not be verified.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { readConfig } from '../config.ts';
import { ConfigError } from '../configuration/variables.ts';
import type { BreakReason, ChainBreak } from '../event-sourcing/hash-chain.ts';
import type { Verification } from '../event-sourcing/verify-log.ts';
import { verifyLog } from '../event-sourcing/verify-log.ts';
import { DataDirInUseError, openDataDir } from '../infrastructure/process/data-dir.ts';
import type { EventStore } from '../infrastructure/event-store/event-store.ts';
import { startEventStore } from '../infrastructure/event-store/store-thread.ts';

const USAGE = `Usage: npm run --silent verify

Verifies the hash chains of the whole event log: requests, API keys, refusals and the actions of
operators. It uses the log of the service's configuration:
EVENTSTORE_CONNECTION_STRING, or the embedded log in DATA_DIR. Stop the service first if its log is embedded.

Exit status: 0 if every hash holds, 1 if one does not, 2 if the log could not be verified.
`;

const WHY: Readonly<Record<BreakReason, string>> = {
  gap: 'events before it are missing, or out of order',
  'other-stream': 'it belongs to another stream',
  unreadable: 'its data or metadata is not JSON, or has no hash',
  'previous-hash': 'it was written after another event than the one before it now',
  hash: 'its id, type, data or metadata was changed',
};

const PROGRESS_EVERY_MS = 200;
/** Maximum number of truncated streams to list. */
const LISTED = 20;

/** Invalid command line. */
class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  if (helpIsWanted(argv)) {
    process.stdout.write(USAGE);
    return;
  }
  const config = readConfig(process.env);
  const { store, close } = await openLog(config);
  try {
    // Fails within a second if the event store does not answer.
    await store.tail();
    const found = await verifyLog(store, config.streamCategory, { onProgress: progress() });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    report(found);
    if (found.brokenAt) process.exitCode = 1;
  } finally {
    await close();
  }
}

function helpIsWanted(argv: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...argv], options: { help: { type: 'boolean' } } }).values.help ?? false;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
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

function report({ events, streams, truncated, brokenAt }: Verification): void {
  const counted = `${events.toLocaleString('en')} events of ${streams.toLocaleString('en')} streams`;
  const lines = brokenAt
    ? [describe(brokenAt), `Before it, in the order of the log, ${counted} hold.`]
    : [`Every hash holds: ${counted}.`];
  if (truncated.size > 0) {
    const names = [...truncated];
    lines.push(`Deleted or truncated in the event store, so only what is left of them was verified: ${names.length}.`);
    lines.push(...names.slice(0, LISTED).map((name) => `  ${name}`), ...(names.length > LISTED ? ['  …'] : []));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describe({ stream, revision, reason }: ChainBreak): string {
  return `Broken at revision ${revision} of ${stream}: ${WHY[reason]}.`;
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
