import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Answer } from '../support/api.ts';
import { SUBMISSION } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { useServer, WAYS } from '../support/ways.ts';

/** What must be the same in the first answer and every later one. */
const said = ({ status, body, headers }: Answer) => ({ status, body, etag: headers.etag, location: headers.location });

describe.each(WAYS)('Idempotency-Key, %s', (way) => {
  const running = useServer(way);
  const keyed = () => ({ 'Idempotency-Key': randomUUID() });

  it('replays the first answer to the same submission, which creates one request', async () => {
    const key = keyed();
    const first = await running.api.post('/requests', SUBMISSION, key);
    await running.api.patch(`/requests/${first.body.id}`, { current_phase: 'since then' });
    const again = await running.api.post('/requests', Object.fromEntries(Object.entries(SUBMISSION).reverse()), key);
    expect(first.status).toBe(201);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(said(again)).toEqual(said(first));
    expect((await running.api.events(first.body.id)).filter(({ type }) => type === 'RequestSubmitted')).toHaveLength(1);
  });

  it('creates one request for twenty concurrent submissions', async () => {
    const key = keyed();
    const send = () => running.api.post('/requests', SUBMISSION, key);
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    const taken = answers.filter(({ status }) => status === 201);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, 'conflict');
    expect(new Set(taken.map(({ body }) => body.id)).size).toBe(1);
    expect((await send()).body).toEqual(taken[0]?.body);
  });

  it('replays the first answer to every command on a request, even if the request has changed', async () => {
    const { id } = await running.api.submit();
    const commands = [
      {
        key: keyed(),
        send: (key: object) => running.api.patch(`/requests/${id}`, { current_phase: 'one' }, { ...key }),
      },
      {
        key: keyed(),
        send: (key: object) => running.api.post(`/requests/${id}/attempts`, { worker: 'w' }, { ...key }),
      },
      {
        key: keyed(),
        send: (key: object) => running.api.patch(`/requests/${id}/status`, { status: 'implementing' }, { ...key }),
      },
      {
        key: keyed(),
        send: (key: object) => running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'failed' }, { ...key }),
      },
      { key: keyed(), send: (key: object) => running.api.post(`/requests/${id}/retry`, {}, { ...key }) },
      { key: keyed(), send: (key: object) => running.api.post(`/requests/${id}/cancel`, {}, { ...key }) },
    ];
    const first: Answer[] = [];
    for (const { key, send } of commands) first.push(await send(key));
    const before = await running.api.events(id);
    const again: Answer[] = [];
    for (const { key, send } of commands) again.push(await send(key));
    expect(again.map(said)).toEqual(first.map(said));
    expect(again.map(({ headers }) => headers['idempotent-replayed'])).toEqual(commands.map(() => 'true'));
    expect(await running.api.events(id)).toEqual(before);
  });

  it('replays the first answer to a recorded heartbeat, even after its attempt has ended', async () => {
    const { id } = await running.api.submit();
    await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
    const key = keyed();
    const beat = (figures: object) => running.api.post(`/requests/${id}/attempts/1/heartbeat`, figures, key);
    const first = await beat({ num_turns: 3 });
    await running.api.post(`/requests/${id}/attempts/1/heartbeat`);
    await running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'failed' });
    const again = await beat({ num_turns: 3 });
    expect(first).toMatchObject({ status: 200, body: { directives: [] } });
    expect(said(again)).toEqual(said(first));
    expect(again.headers['idempotent-replayed']).toBe('true');
    expectProblem(await beat({}), 422, 'idempotency-key-reused');
    const other = await running.api.post(`/requests/${id}/attempts/1/heartbeat`, { num_turns: 4 }, keyed());
    expectProblem(other, 409, 'stale-attempt');
  });

  it('accepts If-Match on a heartbeat, with or without figures', async () => {
    const { id } = await running.api.submit();
    await running.api.post(`/requests/${id}/attempts`, { worker: 'w' });
    const beat = (figures: object, tag: string) =>
      running.api.post(`/requests/${id}/attempts/1/heartbeat`, figures, { 'If-Match': tag });
    expectProblem(await beat({}, '"0"'), 412, 'version-mismatch');
    expectProblem(await beat({ num_turns: 1 }, '"0"'), 412, 'version-mismatch');
    expect(await beat({}, '"1"')).toMatchObject({ status: 200 });
    expect(await beat({ num_turns: 1 }, '"1"')).toMatchObject({ status: 200 });
  });

  it('refuses the same key with another body, and accepts it on another path', async () => {
    const key = keyed();
    const { body } = await running.api.post('/requests', SUBMISSION, key);
    expectProblem(
      await running.api.post('/requests', { ...SUBMISSION, title: 'Other' }, key),
      422,
      'idempotency-key-reused',
    );
    const elsewhere = await running.api.patch(`/requests/${body.id}`, { current_phase: 'a' }, key);
    expect(elsewhere.status).toBe(200);
    expect(elsewhere.headers['idempotent-replayed']).toBeUndefined();
  });

  it('reports a reused key before a stale version, and replays whatever the version', async () => {
    const { id } = await running.api.submit();
    const key = keyed();
    const first = await running.api.patch(`/requests/${id}`, { current_phase: 'a' }, { ...key, 'If-Match': '"0"' });
    const again = await running.api.patch(`/requests/${id}`, { current_phase: 'a' }, { ...key, 'If-Match': '"0"' });
    expect(said(again)).toEqual(said(first));
    const other = await running.api.patch(`/requests/${id}`, { current_phase: 'b' }, { ...key, 'If-Match': '"0"' });
    expectProblem(other, 422, 'idempotency-key-reused');
  });

  it('does not remember calls that appended nothing', async () => {
    const { id } = await running.api.submit();
    const key = keyed();
    expectProblem(
      await running.api.patch(`/requests/${id}/status`, { status: 'completed' }, key),
      409,
      'illegal-transition',
    );
    await running.api.patch(`/requests/${id}`, { current_phase: 'a' });
    const nothing = await running.api.patch(`/requests/${id}`, { current_phase: 'a' }, key);
    const something = await running.api.patch(`/requests/${id}`, { current_phase: 'b' }, key);
    expect([nothing.status, something.status]).toEqual([200, 200]);
    expect(something.body.current_phase).toBe('b');
  });

  it('replays after a crash', async () => {
    const key = keyed();
    const first = await running.api.post('/requests', SUBMISSION, key);
    await running.server.kill();
    await running.server.startAgain();
    const again = await running.api.post('/requests', SUBMISSION, key);
    expect(said(again)).toEqual(said(first));
    expect(again.headers['idempotent-replayed']).toBe('true');
  });
});
