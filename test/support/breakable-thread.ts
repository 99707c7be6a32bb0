/**
 * The store thread with a switch to break it from inside, as a bug would. It listens on a broadcast channel named after its process; messages
 * are the names of the ways to break.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads';

export type Break =
  /** An uncaught error. */
  | 'throw'
  /** An unhandled rejection outside of any call, as the client causes when a cluster has no leader. */
  | 'reject'
  /** An endless loop that blocks the thread. */
  | 'loop'
  /** An error after an append was executed, while its answer is being sent. */
  | 'throw-instead-of-next-answer'
  /** Answers heartbeats and executes calls, but loses the answers. */
  | 'lose-answers';

export function breakChannel(): BroadcastChannel {
  return new BroadcastChannel(`break-event-store-${process.pid}`);
}

interface Message {
  readonly kind: string;
}

if (parentPort) {
  const port = parentPort;
  const post = port.postMessage.bind(port);
  let mode: Break | null = null;
  port.postMessage = (messages: readonly Message[]): void => {
    const isAnswer = ({ kind }: Message): boolean => kind === 'appended';
    if (mode === 'throw-instead-of-next-answer' && messages.some(isAnswer)) throw new Error('broken on purpose');
    post(mode === 'lose-answers' ? messages.filter((message) => !isAnswer(message)) : messages);
  };
  const channel = breakChannel();
  channel.onmessage = ({ data }): void => {
    mode = data as Break;
    if (mode === 'throw') {
      setImmediate(() => {
        throw new Error('broken on purpose');
      });
    }
    if (mode === 'reject') void Promise.reject(new Error('broken on purpose'));
    if (mode === 'loop') for (;;);
  };
  channel.unref();
  await import('../../src/infrastructure/event-store/thread/entry.ts');
}
