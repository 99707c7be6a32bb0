/** Server-Sent Events of the history. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import { BASE } from '../support/api.ts';
import { expectProblem, UNKNOWN_ID } from '../support/contract.ts';
import { EventStream } from '../support/event-stream.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer, WAYS } from '../support/ways.ts';

const opened: EventStream[] = [];
afterEach(() => opened.splice(0).forEach((stream) => stream.close()));

async function open(server: Server, path: string, bearer: string | null = null, more: object = {}) {
  const headers = { ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }), ...more };
  const stream = await EventStream.open(server.url, path, { headers });
  opened.push(stream);
  return stream;
}

describe.each(WAYS)('event streams, %s', (way) => {
  const running = useServer(way);

  it('have the whole history and then what happens, each event once, as in the list', async () => {
    for (let i = 0; i < 5; i += 1) await running.api.submit();
    const stream = await open(running.server, '/events/stream');
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await running.api.submit()).id));
    await running.api.move(ids[0], 'planning', 'implementing', 'failed');
    const events = await running.api.all('/events', 'after');
    await stream.has(events.length);
    expect(stream.frames.map(({ data }) => data)).toEqual(events);
    expect(stream.frames.map(({ id, event }) => [id, event])).toEqual(
      events.map(({ position, type }) => [position, type]),
    );
    expect(stream.retries.length).toBe(1);
  });

  it('go on after the last event that the client has, however often it comes back while others write', async () => {
    const [first] = await running.api.all('/events', 'after');
    let isWriting = true;
    const writing = (async () => {
      for (let i = 0; isWriting; i += 1) await running.api.move((await running.api.submit()).id, 'planning', 'failed');
    })();
    const seen = [];
    for (let i = 0; i < 50; i += 1) {
      const last: string = seen.at(-1)?.id ?? first.position;
      const stream = await open(running.server, '/events/stream', null, { 'Last-Event-ID': last });
      await stream.has(1);
      stream.close();
      seen.push(...stream.frames);
    }
    isWriting = false;
    await writing;
    const events = (await running.api.all('/events', 'after')).slice(1);
    expect(seen.length).toBeGreaterThan(50);
    expect(seen.map(({ data }) => data)).toEqual(events.slice(0, seen.length));
  });

  it('of a request have its events alone', async () => {
    const { id } = await running.api.submit();
    await running.api.submit();
    await running.api.move(id, 'planning');
    const stream = await open(running.server, `/requests/${id}/events/stream`);
    await stream.has(2);
    await running.api.submit();
    await running.api.move(id, 'failed');
    await stream.has(3);
    expect(stream.frames.map(({ data }) => data)).toEqual(await running.api.events(id));
    const resumed = await open(running.server, `/requests/${id}/events/stream?after=0`, null, {
      'Last-Event-ID': stream.frames[1]?.id,
    });
    expect(await resumed.has(1)).toEqual(stream.frames.slice(2));
  });

  it('take the filters of the list', async () => {
    const { id } = await running.api.submit();
    const wanted = await open(running.server, `/events/stream?request_id=${id}&type=RequestFailed,RequestRequeued`);
    const nobodys = await open(running.server, '/events/stream?principal=somebody');
    await running.api.move(id, 'planning', 'failed', 'pending');
    await wanted.has(2);
    expect(wanted.frames.map(({ event }) => event)).toEqual(['RequestFailed', 'RequestRequeued']);
    expect(nobodys.frames).toEqual([]);
  });
});

describe('an event stream', () => {
  const running = useServer();
  const refused = (path: string, headers = {}) => running.api.get(path, headers);

  it.each(['x', '-1', '1.5', '99999999999999999999'])('does not begin after %s', async (position) => {
    const answer = await refused('/events/stream', { 'Last-Event-ID': position });
    expectProblem(answer, 400, 'invalid-header');
    expectProblem(await refused(`/events/stream?after=${position}`), 400, 'validation-failed', ['?after']);
    // Although the header wins.
    const both = await refused(`/events/stream?after=${position}`, { 'Last-Event-ID': '0' });
    expectProblem(both, 400, 'validation-failed', ['?after']);
  });

  it('does not begin beyond the end of the log, where only another log can have been', async () => {
    const { id } = await running.api.submit();
    const last = (await running.api.events(id)).at(-1).position;
    for (const path of ['/events/stream', `/requests/${id}/events/stream`]) {
      expectProblem(await refused(`${path}?after=${BigInt(last) + 1n}`), 409, 'foreign-log');
      expectProblem(await refused(path, { 'Last-Event-ID': '9007199254740993' }), 409, 'foreign-log');
      await open(running.server, `${path}?after=${last}`);
    }
  });

  it('knows no limit, no other media type, and no unknown request', async () => {
    expectProblem(await refused('/events/stream?limit=5'), 400, 'validation-failed', ['?limit']);
    expectProblem(await refused('/events/stream', { Accept: 'application/json' }), 406, 'not-acceptable');
    expectProblem(await refused(`/requests/${UNKNOWN_ID}/events/stream`), 404, 'not-found');
  });

  it('has only a head for HEAD', async () => {
    const answer = await running.api.send({ method: 'HEAD', path: `${BASE}/events/stream` });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('has a comment when there was nothing for 15 s', async () => {
    const [last] = (await running.api.all('/events', 'after')).slice(-1);
    const stream = await open(running.server, `/events/stream?after=${last.position}`);
    const begun = performance.now();
    await until('a comment comes', () => stream.comments > 0, 25_000);
    expect(performance.now() - begun).toBeGreaterThan(14_000);
    expect(performance.now() - begun).toBeLessThan(17_500);
  }, 30_000);

  it('ends for a client that does not read, which can go on where it was', async () => {
    const [last] = (await running.api.all('/events', 'after')).slice(-1);
    const path = `/events/stream?after=${last.position}`;
    const stuck = await Promise.all(
      Array.from({ length: 5 }, () => EventStream.open(running.server.url, path, { reads: false })),
    );
    opened.push(...stuck);
    const { id } = await running.api.submit();
    for (let i = 0; i < 150; i += 1) {
      await running.api.patch(`/requests/${id}`, { plan_document: `${i}${'x'.repeat(90_000)}` });
    }
    const events = (await running.api.all('/events', 'after')).filter(({ position }) => {
      return BigInt(position) > BigInt(last.position);
    });
    await until('all are disconnected', () => {
      return running.server.log.filter(({ msg }) => (msg as string).includes('does not read')).length === stuck.length;
    });
    const [stream] = stuck;
    stream?.read();
    await until('what was on its way is read', () => stream?.ended === 'cut');
    const had = stream?.frames ?? [];
    expect(had.length).toBeLessThan(events.length);
    const rest = await open(running.server, path, null, { 'Last-Event-ID': had.at(-1)?.id ?? last.position });
    await rest.has(events.length - had.length);
    expect([...had, ...rest.frames].map(({ data }) => data)).toEqual(events);
  }, 60_000);

  it('is open 256 times for a principal, and no more', async () => {
    const [last] = (await running.api.all('/events', 'after')).slice(-1);
    const path = `/events/stream?after=${last.position}`;
    const streams = await Promise.all(Array.from({ length: 256 }, () => open(running.server, path)));
    expectProblem(await refused(path), 429, 'rate-limited');
    expectProblem(await refused('/events', { Accept: 'application/x-ndjson' }), 429, 'rate-limited');
    await running.api.submit();
    await Promise.all(streams.map((stream) => stream.has(1)));
    streams[0]?.close();
    await until(
      'there is room',
      async () => (await refused('/events', { Accept: 'application/x-ndjson' })).status === 200,
    );
  }, 40_000);

  it('does not hold up the stop of the service, and says when to come back', async () => {
    const server = await Server.start();
    try {
      const streams = await Promise.all(Array.from({ length: 5 }, () => open(server, '/events/stream')));
      await server.api.submit();
      await Promise.all(streams.map((stream) => stream.has(1)));
      expect((await server.stop()).code).toBe(0);
      for (const stream of streams) {
        await until('it has ended', () => stream.ended === 'whole');
        expect(stream.retries.length).toBe(2);
      }
    } finally {
      await server.dispose();
    }
  }, 60_000);
});

describe('the right to an event stream', () => {
  const admin = new AdminKey();
  const running = useServer('engine in process', { ...admin.env, AUTOMATION_OWN_ONLY: 'true' });
  afterAll(() => admin.dispose());
  const privileged = () => running.api.bearing(admin.key);
  const key = async (role: string): Promise<{ id: string; key: string }> =>
    (await privileged().post('/keys', { name: `${role}-${crypto.randomUUID()}`, role })).body;
  const END = { event: 'end', id: '', data: { code: 'unauthenticated' } };

  it('is over within 5 s of the end of its key', async () => {
    const [auditor, other] = [await key('auditor'), await key('auditor')];
    const stream = await open(running.server, '/events/stream', auditor.key);
    const untouched = await open(running.server, '/events/stream', other.key);
    await privileged().submit();
    await stream.has(1);
    await privileged().post(`/keys/${auditor.id}/revoke`, {});
    await until('the stream ends', () => stream.ended === 'whole', 5_000);
    expect(stream.frames.at(-1)).toEqual(END);
    expect(untouched.ended).toBeNull();
  });

  it("is over with the agent's attempt", async () => {
    const { id } = await privileged().submit();
    const { body } = await privileged().post(`/requests/${id}/attempts`, { worker: 'w' });
    const path = `/requests/${id}/events/stream`;
    const stream = await open(running.server, path, body.agent_token);
    await stream.has(2);
    expect((await running.api.bearing(body.attempt_token).get(path)).status).toBe(403);
    await privileged().post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    await until('the stream ends', () => stream.ended === 'whole', 5_000);
    expect(stream.frames.at(-1)).toEqual(END);
    const late = await open(running.server, path, body.agent_token);
    await until('it ends at once', () => late.ended === 'whole', 5_000);
    expect(late.frames).toEqual([END]);
  });

  it("is a submitter's for his own requests alone", async () => {
    const { key: submitter } = await key('submitter');
    const own = running.api.bearing(submitter);
    const { id } = await own.submit();
    const { id: others } = await privileged().submit();
    await (await open(running.server, `/requests/${id}/events/stream`, submitter)).has(1);
    expectProblem(await own.get(`/requests/${others}/events/stream`), 404, 'not-found');
    expectProblem(await own.get('/events/stream'), 403, 'forbidden');
  });
});
