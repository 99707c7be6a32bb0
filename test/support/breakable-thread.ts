/**
 * The store thread with a lever to break it from inside, as a defect would. It listens on a broadcast channel whose name
 * is that of its process; messages are the names of the ways to break.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads';

export type Break =
  /** An error that nobody catches. */
  | 'throw'
  /** A promise that is rejected outside of any call, as the client does when a cluster has no leader. */
  | 'reject'
  /** A loop that never gives the thread back. */
  | 'loop'
  /** An error at the moment when an append has been carried out and its answer is on the way. */
  | 'throw-instead-of-next-answer'
  /** Heartbeats are answered, calls are carried out, and the answers are lost. */
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
