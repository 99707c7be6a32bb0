/** Rules and limits beside the scopes, each as an installation may set it; and what is known of those who were refused. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.ts';
import { BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem, expectRequestAnswer, UNKNOWN_ID } from '../support/contract.ts';
import { localAdmin, withKey } from '../support/keys.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const WAY = 'engine in process';

/** Settings that do not affect each other share a server. Nothing listens at its identity provider. */
const running = useServer(WAY, {
  AUTOMATION_OWN_ONLY: 'true',
  AUTOMATION_FOUR_EYES: 'true',
  AUTOMATION_OPEN_REQUESTS: '3',
  AUTOMATION_OIDC_ISSUER: 'http://127.0.0.1:9',
  AUTOMATION_OIDC_AUDIENCE: 'automation',
});

describe('AUTOMATION_OWN_ONLY', () => {
  let ann: Api;
  let bob: Api;
  let others: Api[];
  let annsId: string;
  let bobsId: string;
  beforeAll(async () => {
    ann = (await withKey(running.server, 'submitter', 'ann')).api;
    bob = (await withKey(running.server, 'submitter', 'bob')).api;
    others = [];
    for (const role of ['operator', 'worker', 'auditor', 'admin'])
      others.push((await withKey(running.server, role)).api);
    annsId = (await ann.submit()).id;
    bobsId = (await bob.submit()).id;
    await bob.submit();
  });
  const ids = async (api: Api, path: string) => (await api.get(path)).body.items.map(({ id }: { id: string }) => id);

  it('shows submitters only their own requests', async () => {
    expectRequestAnswer(await ann.get(`/requests/${annsId}`));
    expect(await ids(ann, '/requests')).toEqual([annsId]);
    expect(await ids(ann, '/pending')).toEqual([annsId]);
    expect((await ann.get('/requests?include_total=true')).body.total).toBe(1);
    expect(await ids(ann, '/requests?created_by=ann')).toEqual([annsId]);
    // By a filter for another it sees nothing of that one, not even how many there are.
    expect((await ann.get('/requests?created_by=bob&include_total=true')).body).toMatchObject({ items: [], total: 0 });
    expect(await ann.events(annsId)).toHaveLength(1);
    expect(await ann.get(`/requests/${annsId}/attempts`)).toMatchObject({ status: 200 });
  });

  it("answers for other people's requests as for missing ones", async () => {
    for (const path of ['', '/events', '/attempts', '/versions/0/diff']) {
      const [theirs, none] = [
        await ann.get(`/requests/${bobsId}${path}`),
        await ann.get(`/requests/${UNKNOWN_ID}${path}`),
      ];
      expectProblem(theirs, 404, 'not-found');
      expect(theirs.body.detail).toBe(none.body.detail);
    }
    expectProblem(await ann.get(`/requests/${bobsId}`, { 'If-None-Match': '"0"' }), 404, 'not-found');
  });

  it("refuses another caller's cursor", async () => {
    const { next_cursor } = (await bob.get('/requests?limit=1')).body;
    expectProblem(await ann.get(`/requests?limit=1&cursor=${next_cursor}`), 400, 'invalid-cursor');
  });

  it('hides nothing from workers, operators and auditors', async () => {
    for (const api of others) {
      expectRequestAnswer(await api.get(`/requests/${annsId}`));
      expect(await ids(api, '/requests')).toHaveLength(3);
    }
  });
});

describe('AUTOMATION_FOUR_EYES', () => {
  it('bars submitters from approving the deployment of their requests', async () => {
    const olga = (await withKey(running.server, 'operator', 'olga')).api;
    const omar = (await withKey(running.server, 'operator', 'omar')).api;
    const { id } = await olga.submit();
    await olga.move(id, 'implementing', 'testing');
    expectProblem(await omar.patch(`/requests/${id}/status`, { status: 'deploying' }), 409, 'approval-required');
    await omar.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'approval' });
    const approval = async () => ({ approve: true, version: (await olga.request(id)).version });
    expectProblem(await olga.post(`/requests/${id}/retry`, await approval()), 403, 'forbidden');
    expect(await olga.request(id)).toMatchObject({ status: 'blocked' });
    // By the way that is no approval, it gets no further.
    expectRequestAnswer(await olga.patch(`/requests/${id}/status`, { status: 'testing' }));
    expectProblem(await olga.patch(`/requests/${id}/status`, { status: 'deploying' }), 409, 'approval-required');
    await omar.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'approval' });
    expectRequestAnswer(await omar.post(`/requests/${id}/retry`, await approval()));
    await olga.move(id, 'implementing', 'testing', 'deploying');
  });

  it('lets them answer questions', async () => {
    const olga = (await withKey(running.server, 'operator', 'olga-2')).api;
    const { id } = await olga.submit();
    await olga.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'question' });
    expectRequestAnswer(await olga.post(`/requests/${id}/retry`, { reason: 'yes' }));
  });
});

describe('an attempt', () => {
  it('is kept alive and ended by the claimer, not by another worker', async () => {
    const [one, two] = [await withKey(running.server, 'worker', 'w-1'), await withKey(running.server, 'worker', 'w-2')];
    const admin = await localAdmin(running.server);
    const { id } = await admin.submit();
    const { body } = await one.api.post(`/requests/${id}/attempts`, { worker: 'dev-1' });
    expect(body.request).toMatchObject({ status: 'planning' });
    const at = `/requests/${id}/attempts/1`;
    expectProblem(await two.api.post(`${at}/heartbeat`, {}), 403, 'forbidden');
    expectProblem(await two.api.post(`${at}/heartbeat`, { num_turns: 3 }), 403, 'forbidden');
    expectProblem(await two.api.post(`${at}/report`, { outcome: 'failed' }), 403, 'forbidden');
    expectProblem(await two.api.post(`/requests/${id}/attempts/2/report`, { outcome: 'failed' }), 404, 'not-found');
    expect(await one.api.post(`${at}/heartbeat`, {})).toMatchObject({ status: 200 });
    expect(await running.api.bearing(body.attempt_token).post(`${at}/heartbeat`, {})).toMatchObject({ status: 200 });
    expect(await admin.post(`${at}/heartbeat`, {})).toMatchObject({ status: 200 });
    expectRequestAnswer(await one.api.post(`${at}/report`, { outcome: 'released' }));
  });
});

describe('AUTOMATION_RATE_LIMIT', () => {
  const running = useServer(WAY, { AUTOMATION_RATE_LIMIT: '20', AUTOMATION_RATE_LIMIT_UNAUTHENTICATED: '5' });

  it('applies to each principal separately, and says how many calls are left', async () => {
    const [one, two] = [
      await withKey(running.server, 'auditor', 'a-1'),
      await withKey(running.server, 'auditor', 'a-2'),
    ];
    const first = await one.api.get('/pending');
    expect(first.headers['ratelimit-policy']).toBe('"principal";q=20;w=60');
    expect(first.headers.ratelimit).toBe('"principal";r=19;t=3');
    const answers = await Promise.all(Array.from({ length: 24 }, () => one.api.get('/pending')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const answer of refused) expectProblem(answer, 429, 'rate-limited');
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(await two.api.get('/pending')).toMatchObject({ status: 200 });
    // Before anything is looked at that the caller may not know.
    expectProblem(await one.api.post('/keys', {}), 429, 'rate-limited');
  });

  it('applies to an address with bad credentials, and to no one else there', async () => {
    const { api } = await withKey(running.server, 'auditor', 'a-3');
    const bad = running.api.bearing('nothing-that-is-known');
    const answers = await Promise.all(Array.from({ length: 8 }, () => bad.get('/pending')));
    expect(answers.map(({ status }) => status).filter((status) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect(answers.map(({ status }) => status)).toContain(401);
    expectProblem(await running.api.get('/pending'), 429, 'rate-limited');
    expect(await api.get('/pending')).toMatchObject({ status: 200 });
    // An address that the caller makes up is nobody's, unless a proxy is trusted.
    expectProblem(await bad.get('/pending', { 'X-Forwarded-For': '203.0.113.9' }), 429, 'rate-limited');
    // Who is refused does not keep the connection; who watches the service is not refused, but one who guesses keys there is.
    expect((await running.api.get('/pending')).headers.connection).toBe('close');
    expect(await running.api.get('/health')).toMatchObject({ status: 200 });
    expectProblem(await bad.get('/health'), 429, 'rate-limited');
  });
});

describe('AUTOMATION_OPEN_REQUESTS', () => {
  it('limits the open requests of each principal', async () => {
    const [cora, dora] = [
      await withKey(running.server, 'operator', 'cora'),
      await withKey(running.server, 'operator', 'dora'),
    ];
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => cora.api.post('/requests', SUBMISSION, { 'Idempotency-Key': `r-${i}` })),
    );
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken).toHaveLength(3);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 429, 'rate-limited');
    // What was taken is answered again.
    const i = answers.findIndex(({ status }) => status === 201);
    const again = await cora.api.post('/requests', SUBMISSION, { 'Idempotency-Key': `r-${i}` });
    expect(again).toMatchObject({ status: 201, body: { id: answers[i]?.body.id } });
    expect(await dora.api.submit()).toMatchObject({ status: 'pending' });
    await cora.api.post(`/requests/${taken[0]?.body.id}/cancel`, {});
    expect(await cora.api.submit()).toMatchObject({ status: 'pending' });
    expectProblem(await cora.api.post('/requests', SUBMISSION), 429, 'rate-limited');
  });
});

describe('an open service', () => {
  const running = useServer(WAY, { AUTOMATION_CORS_ORIGINS: 'https://board.example' });

  it('has no rate limit by default', async () => {
    const { headers } = await running.api.get('/pending');
    expect(Object.keys(headers).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });

  it('refuses commands from other origins', async () => {
    const { id } = await running.api.submit();
    const send = (Origin: string) => running.api.post(`/requests/${id}/cancel`, undefined, { Origin });
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      expectProblem(await send(origin), 403, 'forbidden');
    }
    // Another port of this machine is somebody else, and so is our own by another name or over TLS.
    const { port, host } = new URL(running.server.url);
    for (const origin of [`http://localhost:3000`, `http://localhost:${port}`, `https://${host}`, 'http://127.0.0.1']) {
      expectProblem(await send(origin), 403, 'forbidden');
    }
    expect(await running.api.request(id)).toMatchObject({ status: 'pending' });
    expectRequestAnswer(await send(running.server.url));
  });

  it('refuses cross-site commands and reads without an Origin', async () => {
    const { id } = await running.api.submit();
    const from = (site: string, mode: string) => ({ 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode });
    for (const site of ['cross-site', 'same-site', 'unheard-of']) {
      for (const mode of ['no-cors', 'cors', 'navigate']) {
        expectProblem(await running.api.post(`/requests/${id}/cancel`, undefined, from(site, mode)), 403, 'forbidden');
      }
      expectProblem(await running.api.get('/pending', from(site, 'no-cors')), 403, 'forbidden');
      // A link to one of our pages may be anywhere.
      expect(await running.api.send({ path: '/docs', headers: from(site, 'navigate') })).toMatchObject({ status: 200 });
    }
    const board = { Origin: 'https://board.example', ...from('cross-site', 'cors') };
    expect(await running.api.get('/pending', board)).toMatchObject({ status: 200 });
    expect(await running.api.request(id)).toMatchObject({ status: 'pending' });
    const own = { Origin: running.server.url, ...from('same-origin', 'cors') };
    expectRequestAnswer(await running.api.post(`/requests/${id}/cancel`, undefined, own));
  });

  it('allows pages of the configured origins, and no others', async () => {
    const preflight = (Origin: string) =>
      running.api.send({
        method: 'OPTIONS',
        path: `${BASE}/requests`,
        headers: { Origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
      });
    const allowed = await preflight('https://board.example');
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://board.example',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      vary: 'Origin',
    });
    for (const origin of ['https://evil.example', 'https://board.example.evil.example', 'null']) {
      expect(JSON.stringify((await preflight(origin)).headers)).not.toContain('access-control');
    }
    const read = await running.api.get('/pending', { Origin: 'https://board.example' });
    expect(read.headers).toMatchObject({ 'access-control-allow-origin': 'https://board.example' });
    expect(read.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('sends security headers with every answer', async () => {
    const answers = [
      await running.api.get('/pending'),
      await running.api.get('/nowhere'),
      await running.api.get('/requests?limit=0'),
      await running.api.send({ method: 'OPTIONS', path: `${BASE}/requests` }),
      await running.api.send({ path: '/docs' }),
    ];
    for (const { headers } of answers) {
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    }
  });

  it('serves documentation that its own policy allows', async () => {
    const page = await running.api.send({ path: '/docs' });
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const inline = [...page.text.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^<]*)/g)].filter(([, code]) => code?.trim());
    expect(inline).toEqual([]);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) expect(source).not.toMatch(/^(?:https?:)?\/\//);
  });
});

describe('AUTOMATION_OIDC_ISSUER', () => {
  let issuer: OidcIssuer;
  let server: Server;
  beforeAll(async () => {
    issuer = await OidcIssuer.start();
    server = await Server.start({ AUTOMATION_OIDC_ISSUER: issuer.url, AUTOMATION_OIDC_AUDIENCE: 'automation' });
  });
  afterAll(async () => {
    await server.dispose();
    await issuer.stop();
  });

  it('closes the service, and admits its tokens with the scopes of their roles', async () => {
    expectProblem(await server.api.get('/pending'), 401, 'unauthenticated');
    const alice = server.api.bearing(issuer.token());
    expect(await alice.submit()).toMatchObject({ created_by: 'oidc:alice' });
    expectProblem(await alice.get('/keys'), 403, 'forbidden');
    expectProblem(await server.api.bearing(issuer.token({ roles: [] })).get('/pending'), 403, 'forbidden');
    expectProblem(await server.api.bearing(issuer.token({ aud: 'x' })).get('/health'), 401, 'unauthenticated');
  });

  it("is not the caller's fault while it does not answer", async () => {
    const { api } = running;
    expectProblem(await api.bearing(issuer.token()).get('/pending'), 503, 'identity-provider-unavailable');
    expect((await api.get('/health')).body.checks.access).toMatchObject({ status: 'degraded' });
  });
});

describe('refused calls', () => {
  const running = useServer(WAY);

  it("are recorded: who, what, why and how often, and in no request's history", async () => {
    const admin = await localAdmin(running.server);
    const ann = await withKey(running.server, 'submitter', 'ann');
    const old = await withKey(running.server, 'auditor', 'old');
    await admin.post(`/keys/${old.id}/revoke`, {});
    const { id } = await ann.api.submit();
    const { body } = await admin.post(`/requests/${id}/attempts`, { worker: 'w' });
    await admin.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    const before = await admin.events(id);

    for (let i = 0; i < 30; i += 1) await running.api.bearing('canary-nothing-5b1d').get('/pending');
    await running.api.get('/events');
    await old.api.get('/events');
    await ann.api.post(`/requests/${id}/cancel`, {});
    await running.api.bearing(body.agent_token).patch(`/requests/${id}`, { current_phase: 'canary-phase-5b1d' });

    const recorded = async () => (await admin.all('/refusals', 'after')).flatMap(({ refusals }) => refusals);
    await until('all is recorded', async () => {
      const counts = (await recorded()).map(({ count }) => count as number);
      return counts.reduce((sum, count) => sum + count, 0) >= 34;
    });
    const refusals = await recorded();
    const seen = (expected: object) => expect(refusals).toContainEqual(expect.objectContaining(expected));
    const route = (path: string) => ({ route: BASE + path });
    seen({ code: 'unauthenticated', fault: 'unknown-credential', principal: null, count: 30, ...route('/pending') });
    seen({ code: 'unauthenticated', fault: 'no-credential', principal: null, ...route('/events') });
    seen({ code: 'unauthenticated', fault: 'revoked-key', principal: 'old', ...route('/events') });
    seen({ code: 'forbidden', principal: 'ann', missing_scope: 'requests:manage', request_id: id });
    seen({ code: 'stale-attempt', principal: 'local:admin', request_id: id, method: 'PATCH' });
    expect(JSON.stringify(refusals)).not.toContain('canary-');
    expect(await admin.events(id)).toEqual(before);
    expect((await admin.all('/events', 'after')).filter(({ type }) => /Refus/.test(type))).toEqual([]);
  });

  it('are recorded at shutdown too', async () => {
    await running.api.bearing('last-words').get('/events');
    await running.server.stop();
    await running.server.startAgain();
    const admin = await localAdmin(running.server);
    const all = (await admin.all('/refusals?limit=1', 'after')).flatMap(({ refusals }) => refusals);
    expect(all).toContainEqual(expect.objectContaining({ fault: 'unknown-credential', route: `${BASE}/events` }));
  });
});
