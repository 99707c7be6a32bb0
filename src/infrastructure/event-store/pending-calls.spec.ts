import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from './event-store.ts';
import { defaultLimits } from './limits.ts';
import { PendingCalls } from './pending-calls.ts';
import type { MakeMessage } from './pending-calls.ts';
import type { CallMessage } from './thread/messages.ts';

const limits = { ...defaultLimits, maxPendingAppends: 2, maxPendingAppendUnits: 100, maxPendingReads: 2, slackMs: 10 };
const append: MakeMessage = (head) => ({
  kind: 'append',
  ...head,
  stream: 's',
  expectedRevision: 4,
  events: [],
  repeated: false,
});
const tail: MakeMessage = (head) => ({ kind: 'tail', ...head });

function pending(ready = true): {
  calls: PendingCalls;
  sent: CallMessage[];
  expired: number[];
  send: (m: CallMessage) => boolean;
} {
  const sent: CallMessage[] = [];
  const expired: number[] = [];
  const send = (message: CallMessage): boolean => {
    if (ready) sent.push(message);
    return ready;
  };
  return { calls: new PendingCalls(limits, (begunMs) => expired.push(begunMs)), sent, expired, send };
}

describe('PendingCalls', () => {
  it('settles the right call, and forgets it', async () => {
    const { calls, sent, send } = pending();
    const [one, two] = [calls.add(0, 5_000, send, tail), calls.add(0, 5_000, send, tail)];
    calls.resolve(sent[1]?.call ?? 0, 'second');
    calls.resolve(sent[0]?.call ?? 0, 'first');
    calls.resolve(sent[0]?.call ?? 0, 'again');
    expect(await Promise.all([one, two])).toEqual(['first', 'second']);
    expect(calls.size).toBe(0);
    await calls.drained();
  });

  it("restores the port's errors from what crossed the threads", async () => {
    const { calls, sent, send } = pending();
    for (const [code, error] of [
      ['wrong-expected-revision', WrongExpectedRevisionError],
      ['append-refused', AppendRefusedError],
      ['event-store-unavailable', EventStoreUnavailableError],
    ] as const) {
      const call = calls.add(0, 5_000, send, append);
      calls.fail(sent.at(-1)?.call ?? 0, { code, message: 'why' });
      await expect(call).rejects.toThrow(error);
    }
  });

  it('refuses calls beyond its limits in number and size, and accepts more once there is room', async () => {
    const { calls, sent, send } = pending();
    const large = calls.add(90, 5_000, send, append);
    await expect(calls.add(20, 5_000, send, append)).rejects.toThrow('too large');
    const small = calls.add(10, 5_000, send, append);
    await expect(calls.add(0, 5_000, send, append)).rejects.toThrow(EventStoreUnavailableError);
    const reads = [calls.add(0, 5_000, send, tail), calls.add(0, 5_000, send, tail)];
    await expect(calls.add(0, 5_000, send, tail)).rejects.toThrow('2 reads');
    expect(sent).toHaveLength(4);

    calls.resolve(sent[0]?.call ?? 0, null);
    await large;
    const next = calls.add(80, 5_000, send, append);
    calls.failAll('over');
    await expect(Promise.all([small, next, ...reads])).rejects.toThrow('over');
    expect(calls.size).toBe(0);
  });

  it('accepts an append larger than the whole limit if it is alone', async () => {
    const { calls, sent, send } = pending();
    const alone = calls.add(1_000, 5_000, send, append);
    calls.resolve(sent[0]?.call ?? 0, 'done');
    expect(await alone).toBe('done');
  });

  it('gives up some time after the deadline, and reports it', async () => {
    const { calls, expired, send } = pending();
    await expect(calls.add(0, 20, send, tail)).rejects.toThrow(EventStoreUnavailableError);
    expect(expired).toHaveLength(1);
    expect(calls.size).toBe(0);
  });

  it('accepts an answer that arrived while the main thread was blocked beyond the deadline', async () => {
    const { calls, sent, expired, send } = pending();
    const { port1, port2 } = new MessageChannel();
    port1.on('message', () => calls.resolve(sent[0]?.call ?? 0, 'done'));
    const waiting = calls.add(0, 20, send, tail);
    // Lets the sweep timer start.
    await new Promise((resolve) => setImmediate(resolve));
    port2.postMessage('answer');
    for (const until = performance.now() + 300; performance.now() < until;);
    expect(await waiting).toBe('done');
    expect(expired).toEqual([]);
    port1.close();
  });

  it('resends what was not answered, and marks appends that a thread had received', () => {
    const { calls, send } = pending(false);
    calls.add(0, 60_000, send, append).catch(() => undefined);
    const rounds: CallMessage[][] = [];
    for (let round = 0; round < 2; round += 1) {
      const again: CallMessage[] = [];
      rounds.push(again);
      calls.resend((message) => again.push(message) > 0);
    }
    expect(rounds.map(([message]) => message)).toEqual([
      expect.objectContaining({ kind: 'append', call: 1, repeated: false }),
      expect.objectContaining({ kind: 'append', call: 1, repeated: true }),
    ]);
    calls.failAll('over');
  });
});
