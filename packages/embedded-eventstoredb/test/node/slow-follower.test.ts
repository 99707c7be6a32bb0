import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GrpcCall } from '../../src/grpc/grpc-call.ts';
import { readFilter } from '../../src/services/filter.ts';
import { subscribeToAll } from '../../src/services/subscribe-to-all.ts';
import { EngineBench, event } from '../support/engine.ts';

const EVENTS = 5_000;
const BURST = 10;

/** The call of a client that takes so many messages, and no more until it is asked to go on. */
class SlowCall implements Pick<GrpcCall, 'send' | 'isCongested' | 'drained' | 'isOpen' | 'onClosed'> {
  sent = 0;
  isOpen = true;
  #taken = 0;
  #resume: () => void = () => undefined;
  #close: () => void = () => undefined;

  send(): void {
    this.sent += 1;
  }
  get isCongested(): boolean {
    return this.sent - this.#taken >= BURST;
  }
  drained(): Promise<void> {
    return new Promise((resolve) => (this.#resume = resolve));
  }
  onClosed(listener: () => void): void {
    this.#close = listener;
  }
  takeAll(): void {
    this.#taken = this.sent;
    this.#resume();
  }
  close(): void {
    this.isOpen = false;
    this.#close();
    this.#resume();
  }
}

describe('a follower that does not read', () => {
  const bench = new EngineBench();
  let call: SlowCall;
  let following: Promise<void>;
  beforeEach(async () => {
    const engine = bench.open();
    const written = Array.from({ length: EVENTS }, () => event('a'));
    await engine.append({ stream: 'other', expectedRevision: 'no_stream', events: written });
    call = new SlowCall();
    const filter = readFilter({ streamIdentifier: { prefix: ['mine'] }, max: 1, checkpointIntervalMultiplier: 1 });
    const delivery = { engine, call: call as unknown as GrpcCall, idForm: 'string', resolveLinks: false } as const;
    following = subscribeToAll(delivery, { from: 'start' }, filter);
  });
  afterEach(async () => {
    call.close();
    await following;
    await bench.clean();
  });

  it('is not sent checkpoint after checkpoint if nothing else matches', async () => {
    for (let round = 1; round <= 3; round += 1) {
      for (let i = 0; i < 50; i += 1) await turn();
      expect(call.sent).toBe(round * BURST);
      call.takeAll();
    }
  });
});
