/**
 * The store thread: owns the log, or the connection to it, and answers the main thread. The code in this folder also runs uncompiled, so
 * only erasable TypeScript syntax is allowed.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { StoreAdapter } from './adapter.ts';
import type { CallFailure, CallMessage, FromThread, LogLevel, ThreadData, ToThread } from './messages.ts';
import { now } from './messages.ts';
import { Subscriptions } from './subscriptions.ts';

if (!parentPort) throw new Error('This file runs as a worker thread only.');
const port = parentPort;
const { location, limits } = workerData as ThreadData;

let outbox: FromThread[] = [];

/** Messages of one turn of the event loop are posted together. */
function send(message: FromThread): void {
  if (outbox.push(message) > 1) return;
  setImmediate(() => {
    const messages = outbox;
    outbox = [];
    port.postMessage(messages);
  });
}

function log(level: LogLevel, message: string): void {
  send({ kind: 'log', level, message });
}

/** Ends the thread. The main thread starts another one, which reopens the files. */
function endBroken(reason: string): void {
  log('error', `The store thread gives up its log: ${reason}`);
  setImmediate(() => process.exit(1));
}

/** Loads only the adapter in use: the client alone takes several megabytes. */
async function open(): Promise<StoreAdapter> {
  if (location.kind === 'embedded') {
    const { EmbeddedAdapter } = await import('./embedded.ts');
    return new EmbeddedAdapter(location.path, limits, endBroken);
  }
  const { EventStoreDbAdapter } = await import('./eventstoredb.ts');
  return new EventStoreDbAdapter(location.connection, limits, log);
}

const cameTooLate: CallFailure = {
  code: 'event-store-unavailable',
  message: 'The store thread was too busy to take the call in time.',
};

async function answer(adapter: StoreAdapter, message: CallMessage): Promise<FromThread> {
  const { call } = message;
  // The caller has given up; executing the call would only delay those behind it.
  if (message.deadlineMs <= now()) return { kind: 'failed', call, failure: cameTooLate };
  try {
    switch (message.kind) {
      case 'append':
        return { kind: 'appended', call, ...(await adapter.append(message)) };
      case 'read-stream':
        return { kind: 'stream-page', call, ...(await adapter.readStream(message)) };
      case 'read-log':
        return { kind: 'log-page', call, ...(await adapter.readLog(message)) };
      case 'tail':
        return { kind: 'tail', call, position: await adapter.tail(message) };
    }
  } catch (error) {
    return { kind: 'failed', call, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): CallFailure {
  const known =
    error instanceof WrongExpectedRevisionError ||
    error instanceof AppendRefusedError ||
    error instanceof EventStoreUnavailableError;
  if (known) return { code: error.code, message: error.message };
  log(
    'error',
    `A call failed in an unforeseen way: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return { code: 'event-store-unavailable', message: 'The event store failed in an unforeseen way.' };
}

// If a cluster has no leader, the client has unhandled rejections, which must not end the thread.
process.on('unhandledRejection', (reason) => {
  log('warn', `A rejection was not handled: ${reason instanceof Error ? reason.message : String(reason)}`);
});

/** Ends the thread even if calls are in progress: the main thread has already waited for them. */
async function close(adapter: StoreAdapter): Promise<void> {
  try {
    await adapter.close();
  } catch (error) {
    log('error', `The event store was not closed cleanly: ${error instanceof Error ? error.message : String(error)}`);
  }
  setImmediate(() => process.exit(0));
}

async function run(): Promise<void> {
  let adapter: StoreAdapter;
  try {
    adapter = await open();
  } catch (error) {
    send({ kind: 'not-opened', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  const subscriptions = new Subscriptions(adapter, limits, send);

  const handle = (message: ToThread): void => {
    switch (message.kind) {
      case 'subscribe':
        subscriptions.open(message);
        return;
      case 'credit':
        subscriptions.credit(message.subscription);
        return;
      case 'hurry':
        subscriptions.hurry(message.subscription);
        return;
      case 'unsubscribe':
        subscriptions.close(message.subscription);
        return;
      case 'ping':
        send({ kind: 'pong' });
        return;
      case 'close':
        subscriptions.closeAll();
        void close(adapter);
        return;
      case 'append':
      case 'read-stream':
      case 'read-log':
      case 'tail':
        void answer(adapter, message).then(send);
    }
  };
  port.on('message', (messages: readonly ToThread[]) => {
    for (const message of messages) handle(message);
  });
  send({ kind: 'ready' });
}

await run();
