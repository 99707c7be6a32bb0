import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Engine, RecordedEvent } from 'embedded-eventstoredb/engine';
import { EngineBench, event, labelOf, OWN } from '../support/engine.ts';

const MIB = 1024 * 1024;
const LABELS = 'abcdefghijklmnopqrst';

describe('a page of a log of large events', () => {
  let bench: EngineBench;
  let engine: Engine;
  beforeEach(async () => {
    bench = new EngineBench();
    engine = bench.open();
    for (const label of LABELS) {
      await engine.append({
        stream: `s-${label}`,
        expectedRevision: 'any',
        events: [event(label, undefined, 900_000)],
      });
    }
  });
  afterEach(() => bench.clean());

  const bytesOf = (events: readonly RecordedEvent[]) => events.reduce((sum, { data }) => sum + data.length, 0);

  it.each([
    ['forwards', undefined, 5 * MIB],
    ['backwards', undefined, 5 * MIB],
    ['forwards', MIB, 2 * MIB],
    ['backwards', 1, MIB],
  ] as const)('%s ends by its bytes, limit %s, and names the next page', (direction, maxBytes, most) => {
    const labels: string[] = [];
    let from: bigint | 'start' | 'end' = direction === 'forwards' ? 'start' : 'end';
    for (let isEnd = false; !isEnd;) {
      const limit = maxBytes === undefined ? {} : { maxBytes };
      const page = engine.readAll({ direction, from, maxCount: 1_000, filter: OWN, ...limit });
      expect(bytesOf(page.events)).toBeLessThanOrEqual(most);
      expect(page.events.length > 0 || page.isEnd).toBe(true);
      labels.push(...page.events.map(labelOf));
      ({ next: from, isEnd } = page);
    }
    const all = direction === 'forwards' ? [...LABELS] : [...LABELS].reverse();
    expect(labels).toEqual(all);
  });
});
