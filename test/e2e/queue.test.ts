/** What is sent to the queue, when, and what callers see of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SUBMISSION } from '../support/api.ts';
import { TIME } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import type { ReceivedMessage } from '../support/queue.ts';
import { TestQueue } from '../support/queue.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround, WAYS } from '../support/ways.ts';

/** The kind of the queue has nothing to do with where the log is. */
const CASES = [...WAYS.map((way) => [way, 'automation'] as const), [WAYS[0], 'automation.fifo'] as const];

describe.each(CASES)('%s, the queue %s', (way, name) => {
  let queue: TestQueue;
  let server: Server;
  const isFifo = name.endsWith('.fifo');

  const ends = new Ends();
  beforeAll(async () => {
    queue = await TestQueue.start(name);
    ends.add(() => queue.stop());
    const ground = await prepareGround(way);
    ends.add(() => ground.dispose());
    server = await Server.start({ ...ground.env, ...queue.env });
    ends.add(() => server.dispose());
  });
  afterAll(() => ends.run());

  /** As many messages as there should be, and no more. */
  async function receive(count: number): Promise<ReceivedMessage[]> {
    const received: ReceivedMessage[] = [];
    await until(`${count} messages`, async () => {
      received.push(...(await queue.takeAll()));
      return received.length >= count;
    });
    await settled();
    received.push(...(await queue.takeAll()));
    expect(received).toHaveLength(count);
    return received;
  }

  /** The forwarder has handled everything there is. */
  async function settled(): Promise<void> {
    const { position } = (await server.api.all('/events?limit=1000', 'after')).at(-1);
    await until('the forwarder has come to the end of the log', async () => {
      const { projections } = (await server.api.get('/health')).body.checks;
      const [, forwarder] =
        Object.entries<{ position: string | null }>(projections).find(([it]) => it.includes('queue')) ?? [];
      return BigInt(forwarder?.position ?? -1) >= BigInt(position);
    });
  }

  async function queued(id: string, not: unknown = null) {
    let request: Record<string, unknown> = {};
    await until('the request says that it is queued', async () => {
      request = await server.api.request(id);
      return request.queue_message_id !== not && request.queue_message_id !== null;
    });
    return request;
  }

  it('gets exactly one message per submission, with what a worker needs and none of its text', async () => {
    const canary = { title: 'canary title', description: 'canary description' };
    const submission = { ...SUBMISSION, ...canary, type: 'refactor', priority: 'high' };
    const { body: request } = await server.api.post('/requests', submission, { 'X-Correlation-Id': 'c-1' });
    const [event] = await server.api.events(request.id);
    const [message] = await receive(1);
    expect(message?.body).toEqual({
      request_id: request.id,
      event_id: event.id,
      event_type: 'RequestSubmitted',
      request_type: 'refactor',
      priority: 'high',
      created_at: request.created_at,
      correlation_id: 'c-1',
      schema_version: 1,
    });
    const attributes = Object.entries(message?.attributes ?? {}).map(([key, it]) => [key, it.DataType, it.StringValue]);
    expect(attributes.sort()).toEqual([
      ['correlation_id', 'String', 'c-1'],
      ['event_type', 'String', 'RequestSubmitted'],
      ['priority', 'String', 'high'],
      ['request_type', 'String', 'refactor'],
    ]);
    expect(message).toMatchObject({
      groupId: isFifo ? request.id : undefined,
      deduplicationId: isFifo ? event.id : undefined,
    });
    expect(JSON.stringify(message)).not.toContain('canary');
  });

  it('shows in the request without changing its version', async () => {
    const submitted = await server.api.submit();
    const request = await queued(submitted.id);
    const [message] = await receive(1);
    expect(request).toEqual({
      ...submitted,
      queued_at: expect.stringMatching(TIME),
      queue_message_id: message?.messageId,
    });
    expect(String(request.queued_at) >= submitted.created_at).toBe(true);
    expect(await server.api.events(submitted.id)).toHaveLength(1);
    // In lists and in the answers of commands too.
    const { body } = await server.api.get('/pending?limit=100');
    expect(body.items).toContainEqual(request);
    const patched = await server.api.patch(`/requests/${submitted.id}`, { title: 'Another' });
    expect(patched.body).toMatchObject({ queued_at: request.queued_at, queue_message_id: request.queue_message_id });
    // But not in what the request was.
    const then = await server.api.get(`/requests/${submitted.id}?version=0`);
    expect(then.body).toEqual(submitted);
  });

  it('gets another message for each return to pending, and for nothing else', async () => {
    const { id } = await server.api.submit({ type: 'bug', priority: 'low' });
    await server.api.patch(`/requests/${id}`, { title: 'Another', priority: 'critical', current_phase: 'x' });
    await server.api.move(id, 'implementing', 'blocked');
    await server.api.post(`/requests/${id}/retry`, { reason: 'canary reason' });
    await server.api.move(id, 'failed', 'pending');
    await server.api.post(`/requests/${id}/attempts`, { worker: 'w' });
    await server.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    await server.api.move(id, 'cancelled');
    const messages = await receive(4);
    const events = await server.api.events(id);
    const expected = events.filter(({ type }) => type === 'RequestSubmitted' || type === 'RequestRequeued');
    // A standard queue may hand them out in any order, and this one does not.
    expect(messages.map(({ body }) => body.event_id)).toEqual(expected.map((event) => event.id));
    expect(messages.map(({ body }) => body.event_type)).toEqual([
      'RequestSubmitted',
      ...Array(3).fill('RequestRequeued'),
    ]);
    // The priority is that of the time.
    expect(messages.map(({ body }) => body.priority)).toEqual(['low', 'critical', 'critical', 'critical']);
    expect(new Set(messages.map(({ body }) => body.created_at))).toEqual(new Set([events[0].occurred_at]));
    expect(JSON.stringify(messages)).not.toContain('canary');
    const { queue_message_id } = await server.api.request(id);
    expect(queue_message_id).toBe(messages.at(-1)?.messageId);
  });

  it('gets one message for each of 100 concurrent submissions', async () => {
    const requests = await Promise.all(Array.from({ length: 100 }, () => server.api.submit()));
    const messages = await receive(100);
    expect(messages.map(({ body }) => body.request_id).sort()).toEqual(requests.map(({ id }) => id).sort());
    for (const { id } of requests.slice(0, 5)) await queued(id);
  });

  it('gets nothing again after a restart', async () => {
    const { id } = await server.api.submit();
    const before = await queued(id);
    await receive(1);
    await server.stop();
    await server.startAgain();
    expect(await server.api.request(id)).toEqual(before);
    const { id: next } = await server.api.submit();
    const [message] = await receive(1);
    expect(message?.body.request_id).toBe(next);
  });

  it('shows in health', async () => {
    const { status, body } = await server.api.get('/health');
    expect(status).toBe(200);
    expect(body.checks.queue).toMatchObject({ status: 'ok', configured: true });
  });
});

describe('without a queue', () => {
  it('requests are stored and not queued, even if a queue is configured later', async () => {
    const queue = await TestQueue.start();
    const server = await Server.start();
    try {
      const before = await server.api.submit();
      expect(server.log.filter(({ msg }) => /queue/.test(msg))).toHaveLength(1);
      await server.stop();
      await server.startAgain(queue.env);
      const { id } = await server.api.submit();
      await until('the new one is queued', async () => (await server.api.request(id)).queued_at !== null);
      expect((await queue.takeAll()).map(({ body }) => body.request_id)).toEqual([id]);
      expect(await server.api.request(before.id)).toEqual(before);
    } finally {
      await server.dispose();
      await queue.stop();
    }
  });
});
