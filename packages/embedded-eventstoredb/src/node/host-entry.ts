import { isMainThread, parentPort } from 'node:worker_threads';
import { EventStoreNode } from './event-store-node.ts';
import type { HostMessage, OwnerMessage } from './hosted-node.ts';

/**
 * Runs a node for an owner: the thread that created this one, or the process that forked this one. If the owner's
 * process dies, the channel closes and the node stops.
 */
let node: EventStoreNode | undefined;

function send(message: HostMessage): void {
  if (isMainThread) process.send?.(message);
  else parentPort?.postMessage(message);
}

function leave(): void {
  if (isMainThread) process.disconnect();
  else parentPort?.close();
}

async function receive(message: OwnerMessage): Promise<void> {
  if (message.kind === 'stop') {
    await stop();
    return;
  }
  try {
    node = await EventStoreNode.start(message.options);
    send({ kind: 'ready', port: node.port });
  } catch (error) {
    const code: unknown = (error as { code?: unknown }).code;
    const text = error instanceof Error ? error.message : String(error);
    send({ kind: 'failed', code: typeof code === 'string' ? code : undefined, message: text });
    leave();
  }
}

async function stop(): Promise<void> {
  await node?.stop();
  send({ kind: 'stopped' });
  leave();
}

if (isMainThread) {
  process.on('message', (message: OwnerMessage) => void receive(message));
  process.on('disconnect', () => void node?.stop());
  // A signal to the whole process group, such as Ctrl-C, must not end the node before its owner is finished with it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void stop());
} else {
  parentPort?.on('message', (message: OwnerMessage) => void receive(message));
}
