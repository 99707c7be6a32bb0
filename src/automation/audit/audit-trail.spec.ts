import { beforeEach, describe, expect, it } from '@jest/globals';
import { record } from '../../event-sourcing/hash-chain.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { IdempotencyKeyReused, StillRunning } from '../../event-sourcing/idempotency.ts';
import { fixtureFiles, readStreams } from '../../event-sourcing/testing/fixtures.ts';
import { MemoryStreams } from '../../event-sourcing/testing/memory-streams.ts';
import { verifyChain } from '../../event-sourcing/testing/verify-chain.ts';
import { EventStoreUnavailableError } from '../../infrastructure/event-store/event-store.ts';
import { createLogger } from '../../infrastructure/observability/logger.ts';
import { auditCodec, operatorStreamOf } from './audit-events.ts';
import type { OperatorCall } from './audit-trail.ts';
import { AuditTrail } from './audit-trail.ts';

const CATEGORY = 'automation_request';
const STREAM = operatorStreamOf(CATEGORY);
const CALL: OperatorCall = { principal: 'olga', callId: 'call-1', correlationId: 'ticket-9' };
const RETRY = { name: 'Retry', target: 'p-1', reason: 'mended', parameters: { consumer: 'requests' } } as const;

let store: MemoryStreams;
const trail = (): AuditTrail =>
  new AuditTrail(store, { category: CATEGORY, logger: createLogger('silent'), nowMs: () => 0 });
const written = () => store.eventsOf(STREAM).map((stored) => auditCodec.decode(stored));
const types = () => written().map(({ event }) => event.type);
const keyed = (key: string, fingerprint = 'f'): OperatorCall & { idempotency: IdempotencyKey } => {
  return { ...CALL, idempotency: { key, fingerprint } };
};

beforeEach(() => {
  store = new MemoryStreams();
});

describe('an action of an operator', () => {
  it('is recorded before it begins, and with its result when it ends, in one chain', async () => {
    let before: readonly string[] = [];
    const { result, replayed } = await trail().perform(RETRY, CALL, (id) => {
      before = types();
      return Promise.resolve({ handled: true, id });
    });
    expect({ before, replayed }).toEqual({ before: ['RetryRequested'], replayed: false });
    const [asked, ended] = written();
    const action_id = store.eventsOf(STREAM)[0]?.id;
    expect(asked?.event.data).toEqual({
      action_id,
      target: 'p-1',
      reason: 'mended',
      parameters: { consumer: 'requests' },
    });
    expect(asked?.metadata).toMatchObject({
      principal: 'olga',
      call_id: 'call-1',
      $causationId: 'call-1',
      $correlationId: 'ticket-9',
    });
    expect(ended?.event).toEqual({
      type: 'RetryFinished',
      data: { action_id, target: 'p-1', duration_ms: expect.any(Number), result: { handled: true, id: action_id } },
    });
    expect(result.id).toBe(action_id);
    expect(ended?.metadata).toMatchObject({ principal: 'olga', $causationId: action_id, $correlationId: 'ticket-9' });
    await trail().perform({ name: 'Export', target: null }, CALL, () => Promise.resolve({}));
    expect(verifyChain(store.eventsOf(STREAM))).toEqual({ verified: 4 });
  });

  it('that fails is recorded with the code of its error and without the message, and the error reaches the caller', async () => {
    const fault = Object.assign(new Error('the title of a request'), { code: 'conflict' });
    await expect(trail().perform(RETRY, CALL, () => Promise.reject(fault))).rejects.toBe(fault);
    await expect(trail().perform(RETRY, CALL, () => Promise.reject(new Error('a title')))).rejects.toThrow('a title');
    expect(types()).toEqual(['RetryRequested', 'RetryFailed', 'RetryRequested', 'RetryFailed']);
    expect(written()[1]?.event.data).toMatchObject({ code: 'conflict' });
    expect(written()[3]?.event.data).toMatchObject({ code: 'internal-error' });
    expect(JSON.stringify(written())).not.toContain('title');
  });

  it('is not done when it cannot be recorded first', async () => {
    store.beforeAppend = () => Promise.reject(new EventStoreUnavailableError('away'));
    let done = false;
    const performing = trail().perform(RETRY, CALL, () => {
      done = true;
      return Promise.resolve({});
    });
    await expect(performing).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(done).toBe(false);
  });

  it('that was done succeeds although its end cannot be recorded', async () => {
    const performing = trail().perform(RETRY, CALL, () => {
      store.beforeAppend = () => Promise.reject(new EventStoreUnavailableError('away'));
      return Promise.resolve({ handled: true });
    });
    await expect(performing).resolves.toEqual({ result: { handled: true }, replayed: false });
    expect(types()).toEqual(['RetryRequested']);
  });

  it('is recorded in bounded size', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`n${i}`, '😀'.repeat(2_000)]));
    await trail().perform({ ...RETRY, reason: 'r'.repeat(10_000), parameters: many }, CALL, () =>
      Promise.resolve(many),
    );
    for (const { data } of store.eventsOf(STREAM)) expect(data.length).toBeLessThan(40_000);
    expect(Object.values(written()[0]!.event.data).every((value) => JSON.stringify(value).isWellFormed())).toBe(true);
  });

  it('of two instances at once is recorded in one chain', async () => {
    const trails = [trail(), trail()];
    await Promise.all(trails.flatMap((it) => [1, 2].map(() => it.perform(RETRY, CALL, () => Promise.resolve({})))));
    expect(verifyChain(store.eventsOf(STREAM))).toEqual({ verified: 8 });
  });
});

describe('a repeated Idempotency-Key', () => {
  it('gets the recorded result, and nothing is done again, also by another instance', async () => {
    await trail().perform(RETRY, keyed('k'), () => Promise.resolve({ handled: true }));
    const again = trail().perform(RETRY, keyed('k'), () => Promise.reject(new Error('done twice')));
    await expect(again).resolves.toEqual({ result: { handled: true }, replayed: true });
    await expect(trail().perform(RETRY, keyed('k', 'other'), () => Promise.resolve({}))).rejects.toThrow(
      IdempotencyKeyReused,
    );
    await trail().perform(RETRY, keyed('another'), () => Promise.resolve({}));
    expect(types()).toEqual(['RetryRequested', 'RetryFinished', 'RetryRequested', 'RetryFinished']);
  });

  it('is a conflict while the first call has no result', async () => {
    const { promise, resolve } = Promise.withResolvers<Record<string, never>>();
    const it = trail();
    const { promise: begun, resolve: begins } = Promise.withResolvers<null>();
    const first = it.perform(RETRY, keyed('k'), () => {
      begins(null);
      return promise;
    });
    await begun;
    await expect(it.perform(RETRY, keyed('k'), () => Promise.resolve({}))).rejects.toBeInstanceOf(StillRunning);
    resolve({});
    await first;
  });
});

describe('the events of the audit', () => {
  const events = [...readStreams()].filter(([name]) => name === STREAM).flatMap(([, its]) => its);

  it.each([...auditCodec.storedTypes])('have a fixture of %s', (type) => {
    expect(fixtureFiles).toContain(`${type}.v1.json`);
    expect(events.map((event) => event.type)).toContain(type);
  });

  it('are written byte for byte as before, in an intact chain', () => {
    for (const { id, type, data, metadata, ...stored } of events) {
      const decoded = auditCodec.decode({ ...stored, id, type, data, metadata });
      const { hash: _, previous_hash, ...unhashed } = decoded.metadata;
      const again = record(auditCodec, [decoded.event], { id, metadata: unhashed }, previous_hash).events;
      expect(again).toEqual([{ id, type, data, metadata }]);
    }
    expect(verifyChain(events)).toEqual({ verified: events.length });
  });

  it('are in a stream that no consumer of requests follows', () => {
    expect(STREAM.startsWith(`${CATEGORY}-`)).toBe(false);
    expect(STREAM.startsWith(`${CATEGORY}:audit-`)).toBe(false);
  });
});
