/** An operator deletes, tombstones and truncates streams of a shared event store: each act harms that stream alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { EventStoreNode } from '../support/event-store-node.ts';
import { alterStream } from '../support/foreign-events.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';

const HOW = ['delete', 'tombstone', 'truncate'] as const;

describe('streams that an operator deletes or truncates', () => {
  const ends = new Ends();
  const altered = new Map<(typeof HOW)[number], string>();
  let node: EventStoreNode;
  let server: Server;
  let api: Api;
  let left: string;

  beforeAll(async () => {
    node = await EventStoreNode.create();
    ends.add(() => node.dispose());
    server = await Server.start({ EVENTSTORE_CONNECTION_STRING: node.connectionString });
    ends.add(() => server.dispose());
    api = server.api;
    left = (await api.submit({ title: 'left alone' })).id;
    for (const how of HOW) {
      const { id } = await api.submit({ title: `to ${how}` });
      for (const current_phase of ['one', 'two', 'three']) await api.patch(`/requests/${id}`, { current_phase });
      altered.set(how, id);
    }
    // The newest events of the log are those that vanish.
    await until('all are listed', async () => (await api.get('/requests')).body.items.length === 4);
    for (const [how, id] of altered) await alterStream(node.connectionString, `automation_request-${id}`, how);
  });
  afterAll(() => ends.run());

  async function expectTruncated(): Promise<void> {
    for (const id of altered.values()) {
      await until('it is known', async () => (await api.get(`/requests/${id}`)).body.truncated === true, 20_000);
      expect((await api.get(`/requests/${id}`)).body).toMatchObject({
        status: 'pending',
        current_phase: 'three',
        version: 3,
      });
      for (const answer of [
        await api.patch(`/requests/${id}`, { current_phase: 'four' }),
        await api.patch(`/requests/${id}/status`, { status: 'planning' }),
        await api.post(`/requests/${id}/cancel`, {}),
        await api.post(`/requests/${id}/attempts`, { worker: 'w' }),
      ])
        expectProblem(answer, 409, 'history-truncated');
    }
    const pending: { id: string }[] = (await api.get('/pending')).body.items;
    expect(pending.map(({ id }) => id)).toEqual([left]);
    const listed: { id: string; truncated: boolean }[] = (await api.get('/requests')).body.items;
    expect(listed.filter(({ truncated }) => truncated).map(({ id }) => id)).toEqual([...altered.values()].reverse());
  }

  async function expectOthersWell(): Promise<void> {
    await until('health is ok', async () => (await api.get('/health')).body.status === 'ok', 20_000);
    const { status, body } = await api.patch(`/requests/${left}`, { current_phase: 'on it' });
    expect({ status, truncated: body.truncated }).toEqual({ status: 200, truncated: false });
  }

  it('are shown as last known, accept no command, and wait for no worker; others continue', async () => {
    await expectTruncated();
    await expectOthersWell();
  });

  it('are not taken for another log after a restart', async () => {
    await server.stop();
    await server.startAgain();
    await expectOthersWell();
    await expectTruncated();
  });

  it("nor is the log's deleted identity, which is written again", async () => {
    await server.stop();
    await alterStream(node.connectionString, 'automation_request:log-identity', 'delete');
    await server.startAgain();
    await expectOthersWell();
    await server.stop();
    await alterStream(node.connectionString, 'automation_request:log-identity', 'tombstone');
    await server.startAgain();
    await expectOthersWell();
  });
});
