/** The whole table: from each status to each, as the caller of the API sees it. */
import { describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequestAnswer, STATUSES, TRANSITIONS, TYPES, WAY_TO } from '../support/contract.ts';
import type { Status } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

/** What one change of the status appends. */
const EVENT_OF: Readonly<Record<Status, string>> = {
  pending: 'RequestRequeued',
  planning: 'PlanningStarted',
  implementing: 'ImplementationStarted',
  testing: 'TestingStarted',
  reviewing: 'ReviewStarted',
  deploying: 'DeploymentStarted',
  completed: 'RequestCompleted',
  failed: 'RequestFailed',
  blocked: 'RequestBlocked',
  cancelled: 'RequestCancelled',
};

/** From `pending` and back is on the table anyhow; the others say something. */
const BLOCKED_FROM = ['planning', 'implementing', 'testing', 'reviewing', 'deploying'] as const;

describe('PATCH /requests/{id}/status', () => {
  const running = useServer();

  async function requestIn(status: Status, type = 'feature'): Promise<{ id: string; version: number }> {
    const { id } = await running.api.submit({ type });
    await running.api.move(id, ...WAY_TO[status]);
    const request = await running.api.request(id);
    expect(request.status).toBe(status);
    return request;
  }

  async function move(id: string, to: string) {
    return running.api.patch(`/requests/${id}/status`, { status: to });
  }

  async function expectMoved(before: { id: string; version: number }, to: Status): Promise<void> {
    const answer = await move(before.id, to);
    expectRequestAnswer(answer);
    expect(answer.body).toMatchObject({ status: to, version: before.version + 1 });
    expect(answer.headers['automation-position']).toMatch(/^\d+$/);
    expect(await running.api.request(before.id)).toEqual(answer.body);
    const events = await running.api.events(before.id);
    expect(events).toHaveLength(before.version + 2);
  }

  async function expectRefused(before: { id: string }, from: Status, to: Status, allowed: readonly Status[]) {
    const answer = await move(before.id, to);
    expectProblem(answer, 409, 'illegal-transition');
    expect(answer.body).toMatchObject({ from, to });
    expect([...answer.body.allowed].sort()).toEqual([...allowed].sort());
    expect(await running.api.request(before.id)).toEqual(before);
  }

  it.each(STATUSES.flatMap((from) => TRANSITIONS[from].map((to) => [from, to] as const)))(
    'moves from %s to %s',
    async (from, to) => {
      const before = await requestIn(from);
      await expectMoved(before, to);
      const events = await running.api.events(before.id);
      expect(events.at(-1).type).toBe(EVENT_OF[to]);
    },
  );

  it.each(STATUSES)('refuses to move from %s to any other status, and lists the allowed ones', async (from) => {
    const before = await requestIn(from);
    for (const to of STATUSES.filter((it) => it !== from && !TRANSITIONS[from].includes(it)))
      await expectRefused(before, from, to, TRANSITIONS[from]);
  });

  it.each(STATUSES)('does nothing if the status is already %s', async (status) => {
    const before = await requestIn(status);
    const answer = await move(before.id, status);
    expectRequestAnswer(answer);
    expect(answer.body).toEqual(before);
    expect(await running.api.events(before.id)).toHaveLength(before.version + 1);
  });

  it.each(BLOCKED_FROM)('moves from blocked back to %s it came from, and nowhere else', async (from) => {
    const { id } = await requestIn(from);
    await running.api.move(id, 'blocked');
    const before = await running.api.request(id);
    expect(before.blocked).toMatchObject({ from_status: from });
    for (const other of BLOCKED_FROM.filter((status) => status !== from)) {
      await expectRefused(before, 'blocked', other, [from, 'pending', 'failed', 'cancelled']);
    }
    await expectRefused(before, 'blocked', 'completed', [from, 'pending', 'failed', 'cancelled']);
    await expectMoved(before, from);
    expect(await running.api.request(id)).toMatchObject({ blocked: null });
  });

  it.each(TYPES)('lets a request of type %s complete from planning only if it is research', async (type) => {
    const before = await requestIn('planning', type);
    if (type === 'research') await expectMoved(before, 'completed');
    else await expectRefused(before, 'planning', 'completed', TRANSITIONS.planning);
  });

  it('lists completed among the transitions of research in planning', async () => {
    const before = await requestIn('planning', 'research');
    await expectRefused(before, 'planning', 'testing', [...TRANSITIONS.planning, 'completed']);
  });

  it('follows the same table through PATCH of the request', async () => {
    const before = await requestIn('reviewing');
    const refused = await running.api.patch(`/requests/${before.id}`, { status: 'pending' });
    expectProblem(refused, 409, 'illegal-transition');
    const moved = await running.api.patch(`/requests/${before.id}`, { status: 'completed' });
    expectRequestAnswer(moved);
    expect(moved.body).toMatchObject({ status: 'completed' });
  });
});
