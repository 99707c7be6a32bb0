import type { ChildProcess } from 'node:child_process';

/** Sends an order over IPC and resolves with the answer. A process takes one order at a time. */
export function order<T>(child: ChildProcess, message: object): Promise<T> {
  const answer = nextMessage<T>(child);
  child.send(message);
  return answer;
}

export function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('A required process has ended.'));
    child.once('exit', onExit);
    child.once('message', (answer: { result?: T; error?: string }) => {
      child.off('exit', onExit);
      if (answer.error === undefined) resolve(answer.result as T);
      else reject(new Error(answer.error));
    });
  });
}
