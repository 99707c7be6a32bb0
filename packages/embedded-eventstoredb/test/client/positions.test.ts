import { BACKWARDS, END, UnknownError } from '@eventstore/db-client';
import type { EventStoreDBClient, Position, ReadAllOptions } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { events, newStream, NodeBench } from '../support/node.ts';

describe('a position of $all', () => {
  const bench = new NodeBench();
  let client: EventStoreDBClient;
  let stream: string;
  /** Where the first of two neighbouring events begins, and the second. */
  let first: Position;
  let second: Position;

  beforeEach(async () => {
    client = await bench.connect();
    stream = newStream();
    const at = await Promise.all(
      ['a', 'b'].map(async (label) => (await client.appendToStream(stream, events(label))).position!),
    );
    [first, second] = at as [Position, Position];
  });
  afterEach(() => bench.clean());

  const moved = ({ commit, prepare }: Position, by: bigint): Position => ({
    commit: commit + by,
    prepare: prepare + by,
  });

  /** How many events a read gave, at most one; the error's class when it gave one. */
  async function read(options: ReadAllOptions): Promise<number | string> {
    try {
      let count = 0;
      for await (const _ of client.readAll({ maxCount: 1, ...options })) count += 1;
      return count;
    } catch (error) {
      expect((error as Error).message).toContain('invalid position');
      return (error as Error).constructor.name;
    }
  }

  it.each([
    ['just behind where an event begins', () => moved(second, 1n)],
    ['just before it', () => moved(second, -1n)],
    ['in the middle of one', () => moved(first, 10n)],
    ['before the first event', () => ({ commit: 7n, prepare: 7n })],
  ])('%s is refused by reads in both directions', async (_what, position) => {
    expect(await read({ fromPosition: position() })).toBe(UnknownError.name);
    expect(await read({ fromPosition: position(), direction: BACKWARDS })).toBe(UnknownError.name);
  });

  it('at an event, at 0 or forwards from beyond the end is accepted', async () => {
    const far = moved(second, 10_000_000n);
    expect(await read({ fromPosition: first })).toBe(1);
    expect(await read({ fromPosition: first, direction: BACKWARDS })).toBe(1);
    expect(await read({ fromPosition: { commit: 0n, prepare: 0n } })).toBe(1);
    expect(await read({ fromPosition: far })).toBe(0);
    expect(await read({ fromPosition: far, direction: BACKWARDS })).toBe(UnknownError.name);
    expect(await read({ fromPosition: END, direction: BACKWARDS })).toBe(1);
  });

  it('inside an event ends a subscription after its confirmation', async () => {
    const subscription = client.subscribeToAll({ fromPosition: moved(second, 1n) });
    const seen = await new Promise<string[]>((resolve) => {
      const log: string[] = [];
      subscription.on('confirmation', () => log.push('confirmed'));
      subscription.on('data', () => log.push('event'));
      subscription.on('error', (error: Error) => {
        resolve([...log, error.constructor.name, error.message]);
      });
    });
    expect(seen).toEqual(['confirmed', UnknownError.name, expect.stringContaining('INVALID_ARGUMENT')]);
  });
});
