import { existsSync } from 'node:fs';
/** API keys: made, used, rotated, revoked; by the API, and by the command line. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.ts';
import { SUBMISSION } from '../support/api.ts';
import { expectProblem, TIME, UNKNOWN_ID, UUID } from '../support/contract.ts';
import { localAdmin, runKeys, withKey } from '../support/keys.ts';
import { prepareDataDir, runServer, Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const KEY = /^abk_[0-9A-Za-z]{38}$/;

describe('keys', () => {
  const running = useServer();
  const admin = (): Promise<Api> => localAdmin(running.server);
  const health = async () => (await running.api.get('/health')).body.checks.access;

  it('do not exist at first: the service is open, and says so once', async () => {
    expect(await health()).toEqual({ status: 'ok', mode: 'open', last_error: null });
    expect(await running.api.get('/pending')).toMatchObject({ status: 200 });
    expect((await running.api.submit()).created_by).toBe('anonymous');
    expect(running.server.log.filter(({ msg }) => /no API keys/.test(msg))).toHaveLength(1);
    expect(await running.api.get('/keys')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('close the service once there is one', async () => {
    const { status, headers, body } = await running.api.post('/keys', { name: 'dev-1', role: 'worker' });
    expect(status).toBe(201);
    expect(headers.location).toBe(`/api/v1/automation/keys/${body.id}`);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      id: expect.stringMatching(UUID),
      name: 'dev-1',
      role: 'worker',
      status: 'active',
      hint: body.key.slice(0, 8),
      created_at: expect.stringMatching(TIME),
      created_by: 'anonymous',
      expires_at: null,
      rotated_at: null,
      previous_valid_until: null,
      last_used_at: null,
      revoked_at: null,
      revoked_by: null,
      key: expect.stringMatching(KEY),
    });
    expectProblem(await running.api.get('/pending'), 401, 'unauthenticated');
    expect((await running.api.get('/pending')).headers['www-authenticate']).toBe('Bearer');
    expect(await running.api.bearing(body.key).get('/pending')).toMatchObject({ status: 200 });
    expect(await health()).toMatchObject({ mode: 'keys' });
  });

  it('are shown once', async () => {
    const made = await withKey(running.server, 'auditor', 'shown-once');
    const { key: _, ...rest } = (await (await admin()).post(`/keys/${made.id}/rotate`, { overlap_seconds: 60 })).body;
    const by = await admin();
    const one = await by.get(`/keys/${made.id}`);
    expect(Object.keys(one.body).sort()).toEqual(Object.keys(rest).sort());
    for (const text of [one.text, (await by.get('/keys')).text]) expect(text).not.toMatch(/abk_\w{5}/);
  });

  it('name the principal in events and requests', async () => {
    const { api } = await withKey(running.server, 'operator', 'olga');
    const request = await api.submit();
    expect(request.created_by).toBe('olga');
    await api.post(`/requests/${request.id}/cancel`, {});
    const events = await api.events(request.id);
    expect(events.map(({ metadata }) => metadata.principal)).toEqual(['olga', 'olga']);
  });

  it('have unique names while they are valid', async () => {
    const { id } = await withKey(running.server, 'submitter', 'ines');
    const by = await admin();
    expectProblem(await by.post('/keys', { name: 'ines', role: 'admin' }), 409, 'key-name-taken');
    await by.post(`/keys/${id}/revoke`, { reason: 'left' });
    expect(await by.post('/keys', { name: 'ines', role: 'submitter' })).toMatchObject({ status: 201 });
  });

  it.each([
    [{ role: 'worker' }, '/name'],
    [{ name: 'x' }, '/role'],
    [{ name: 'a b', role: 'worker' }, '/name'],
    [{ name: 'anonymous', role: 'worker' }, '/name'],
    [{ name: 'local:admin', role: 'worker' }, '/name'],
    [{ name: 'x', role: 'Worker' }, '/role'],
    [{ name: 'x', role: ['worker'] }, '/role'],
    [{ name: 'x', role: 'worker', expires_at: 'soon' }, '/expires_at'],
    [{ name: 'x', role: 'worker', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ name: 'x', role: 'worker', scopes: ['admin'] }, '/scopes'],
  ])('cannot be created from %j', async (body, pointer) => {
    expectProblem(await (await admin()).post('/keys', body), 400, 'validation-failed', [pointer]);
  });

  it('are not created twice by a repeated call, which does not show the secret', async () => {
    const by = await admin();
    const send = (name: string) => by.post('/keys', { name, role: 'worker' }, { 'Idempotency-Key': 'once' });
    const first = await send('twice');
    const second = await send('twice');
    expect(second).toMatchObject({ status: 201, body: { id: first.body.id, key: null } });
    expect(second.headers['idempotent-replayed']).toBe('true');
    expectProblem(await send('thrice'), 422, 'idempotency-key-reused');
  });

  it('are refused for good from the moment they are revoked', async () => {
    const { api, id } = await withKey(running.server, 'auditor', 'revoked-one');
    expect(await api.get('/events?limit=1')).toMatchObject({ status: 200 });
    const by = await admin();
    const revoked = await by.post(`/keys/${id}/revoke`, { reason: 'lost' });
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked', revoked_by: 'local:admin' } });
    expectProblem(await api.get('/events'), 401, 'unauthenticated');
    expect((await by.post(`/keys/${id}/revoke`, {})).body).toEqual(revoked.body);
    expectProblem(await by.post(`/keys/${id}/rotate`, {}), 409, 'key-revoked');
  });

  it('can be rotated with and without an overlap', async () => {
    const made = await withKey(running.server, 'auditor', 'rotated-one');
    const by = await admin();
    const next = (await by.post(`/keys/${made.id}/rotate`, { overlap_seconds: 3_600 })).body;
    expect(next).toMatchObject({ id: made.id, name: 'rotated-one', status: 'active', key: expect.stringMatching(KEY) });
    for (const key of [made.key, next.key]) {
      expect(await running.api.bearing(key).get('/events?limit=1')).toMatchObject({ status: 200 });
    }
    const last = (await by.post(`/keys/${made.id}/rotate`, { overlap_seconds: 0 })).body;
    for (const key of [made.key, next.key]) {
      expectProblem(await running.api.bearing(key).get('/events'), 401, 'unauthenticated');
    }
    expect(await running.api.bearing(last.key).get('/events?limit=1')).toMatchObject({ status: 200 });
  });

  it('have a time of last use', async () => {
    const made = await withKey(running.server, 'auditor', 'used');
    const by = await admin();
    expect((await by.get(`/keys/${made.id}`)).body.last_used_at).toBeNull();
    await made.api.get('/events?limit=1');
    const { last_used_at } = (await by.get(`/keys/${made.id}`)).body;
    expect(Math.abs(Date.parse(last_used_at) - Date.now())).toBeLessThan(60_000);
  });

  it('are not found if unknown', async () => {
    const by = await admin();
    expectProblem(await by.get(`/keys/${UNKNOWN_ID}`), 404, 'not-found');
    expectProblem(await by.post(`/keys/${UNKNOWN_ID}/rotate`, {}), 404, 'not-found');
    expectProblem(await by.post(`/keys/${UNKNOWN_ID}/revoke`, {}), 404, 'not-found');
    expectProblem(await by.get('/keys/x'), 400, 'invalid-id');
  });

  it('are in no history of requests', async () => {
    const by = await admin();
    const events = await by.all('/events?limit=1000', 'after');
    expect(events.filter(({ type }) => /Key/.test(type))).toEqual([]);
  });

  it('keep their state over a restart', async () => {
    const good = await withKey(running.server, 'auditor', 'lasting');
    const over = await withKey(running.server, 'auditor', 'over');
    await good.api.get('/pending');
    await (await admin()).post(`/keys/${over.id}/revoke`, {});
    await running.server.stop();
    await running.server.startAgain();
    expect(await running.api.bearing(good.key).get('/events?limit=1')).toMatchObject({ status: 200 });
    expectProblem(await running.api.bearing(over.key).get('/events'), 401, 'unauthenticated');
    expectProblem(await running.api.get('/events'), 401, 'unauthenticated');
    expect((await (await admin()).get(`/keys/${good.id}`)).body.last_used_at).toMatch(TIME);
  });
});

describe('npm run keys', () => {
  let server: Server;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'automation-keys-'));
    server = await Server.start();
  });
  afterAll(async () => {
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const keys = (...words: string[]) => runKeys(words, { AUTOMATION_API_URL: server.url, DATA_DIR: server.dataDir });

  it("prints a new key once, alone, and then works with the server's secret", async () => {
    const made = await keys('create', '--role', 'worker', '--name', 'dev-1');
    expect(made.code).toBe(0);
    expect(made.stdout.trim()).toMatch(KEY);
    expect(made.stderr).not.toMatch(/abk_/);
    expect(made.stderr).toContain('open');
    expect(await server.api.bearing(made.stdout.trim()).get('/pending')).toMatchObject({ status: 200 });
    expectProblem(await server.api.get('/pending'), 401, 'unauthenticated');
    const listed = await keys('list');
    expect(listed.stdout).toMatch(/^dev-1 +worker +active +abk_/);
    expect(listed.stdout).not.toMatch(KEY);
  });

  it('rotates and revokes by name', async () => {
    const first = (await keys('create', '--role', 'auditor', '--name', 'ann', '--expires-in', '90d')).stdout.trim();
    const second = (await keys('rotate', 'ann', '--overlap', '0s')).stdout.trim();
    expect(second).toMatch(KEY);
    expectProblem(await server.api.bearing(first).get('/events'), 401, 'unauthenticated');
    expect(await server.api.bearing(second).get('/events')).toMatchObject({ status: 200 });
    expect(await keys('revoke', 'ann', '--reason', 'left')).toMatchObject({ code: 0, stdout: '' });
    expectProblem(await server.api.bearing(second).get('/events'), 401, 'unauthenticated');
    expect(await keys('revoke', 'ann')).toMatchObject({ code: 1, stderr: expect.stringContaining('ann') });
  });

  it("works remotely with an administrator's key, and no lesser one", async () => {
    const admin = (await keys('create', '--role', 'admin', '--name', 'root')).stdout;
    const auditor = (await keys('create', '--role', 'auditor', '--name', 'bob')).stdout;
    const from = async (key: string) => {
      const AUTOMATION_API_KEY_FILE = join(folder, 'key');
      await writeFile(AUTOMATION_API_KEY_FILE, key);
      return runKeys(['list'], { AUTOMATION_API_URL: server.url, AUTOMATION_API_KEY_FILE, DATA_DIR: folder });
    };
    expect(await from(admin)).toMatchObject({ code: 0, stdout: expect.stringContaining('root') });
    expect(await from(auditor)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('admin') });
    const without = await runKeys(['list'], { AUTOMATION_API_URL: server.url, DATA_DIR: folder });
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('401') });
  });

  it.each([
    [['create', '--role', 'root', '--name', 'x']],
    [['create', '--role', 'worker']],
    [['create', '--role', 'worker', '--name', 'a b']],
    [['create', '--role', 'worker', '--name', 'x', '--expires-in', 'soon']],
    [['rotate']],
    [['destroy']],
    [['list', '--nope']],
  ])('explains what is wrong with %j', async (words) => {
    const { code, stdout, stderr } = await keys(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--help');
  });

  it('explains what to do if no service is running', async () => {
    const { code, stderr } = await runKeys(['list'], { AUTOMATION_API_URL: 'http://127.0.0.1:9', DATA_DIR: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm start[\s\S]*--file/);
  });

  it("sends proof of this machine's secret to no other machine", async () => {
    const url = server.url.replace('127.0.0.1', '127.0.0.2');
    const { stderr } = await runKeys(['list'], { AUTOMATION_API_URL: url, DATA_DIR: server.dataDir });
    expect(stderr).toMatch(/No service answers|refused the call \(40[13]\)/);
  });
});

describe('a keys file', () => {
  let folder: string;
  let file: string;
  let server: Server;
  let first: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'automation-keys-'));
    file = join(folder, 'keys.json');
    first = await add('operator', 'olga');
    server = await Server.start({ AUTOMATION_API_KEYS_FILE: file, HOST: '0.0.0.0' });
  });
  afterAll(async () => {
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function add(role: string, name: string): Promise<string> {
    const { code, stdout } = await runKeys(['create', '--role', role, '--name', name, '--file', file], {});
    expect(code).toBe(0);
    return stdout.trim();
  }

  const statusFor = async (key: string) => (await server.api.bearing(key).get('/pending')).status;

  it('is created by the command line without a service, hashed, and readable only by its owner', async () => {
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(first.slice(8));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('admits the callers in it, and no one else', async () => {
    expectProblem(await server.api.post('/requests', SUBMISSION), 401, 'unauthenticated');
    expect((await server.api.bearing(first).submit()).created_by).toBe('olga');
    expectProblem(await server.api.bearing(first).get('/keys'), 403, 'forbidden');
  });

  it('is reloaded when it changes', async () => {
    const added = await add('worker', 'dev-9');
    await until('the new key is taken', async () => (await statusFor(added)) === 200);
    expect(await statusFor(first)).toBe(200);
    const { keys } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ keys: keys.slice(1) }));
    await until('the old key is not taken', async () => (await statusFor(first)) === 401);
    expect(await statusFor(added)).toBe(200);
  });

  it('keeps its previous keys while it is invalid, and says so', async () => {
    const added = await add('worker', 'dev-10');
    await until('the new key is taken', async () => (await statusFor(added)) === 200);
    const good = await readFile(file, 'utf8');
    const health = async () => (await server.api.get('/health')).body;
    await writeFile(file, '{"keys": [{"name": "canary-9c2e"');
    await until('health says so', async () => (await health()).checks.access.status === 'degraded');
    expect(await health()).toMatchObject({
      status: expect.not.stringMatching('ok'),
      checks: { access: { last_error: 'keys-file-invalid' } },
    });
    expect(await statusFor(added)).toBe(200);
    expect(server.output).not.toContain('canary-9c2e');
    await writeFile(file, good);
    await until('health is well again', async () => (await health()).checks.access.status === 'ok');
  });

  it('admits no one removed while the service started', async () => {
    const gone = await add('worker', 'gone');
    const { keys } = JSON.parse(await readFile(file, 'utf8'));
    const dataDir = await prepareDataDir(join(folder, 'starting'));
    const starting = Server.start({ AUTOMATION_API_KEYS_FILE: file, DATA_DIR: dataDir });
    // The configuration, with the file, is read before anything is made.
    await until('it starts', () => existsSync(join(dataDir, 'eventstore')));
    await writeFile(file, JSON.stringify({ keys: keys.slice(0, -1) }));
    const late = await starting;
    try {
      expect(await late.api.bearing(gone).get('/pending')).toMatchObject({ status: 401 });
    } finally {
      await late.dispose();
    }
  });

  it('allows a service on any address', async () => {
    const { port } = new URL(server.url);
    const headers = { Host: 'automation.example' };
    const path = '/api/v1/automation/pending';
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const outgoing = request({ hostname: '127.0.0.1', port, path, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      outgoing.on('error', reject).end();
    });
    expect(status).toBe(401);
  });
});

describe('an address that others can reach', () => {
  it('is refused with status 2 while there are no keys, and accepted afterwards', async () => {
    const server = await Server.start();
    try {
      await server.stop();
      const env = { DATA_DIR: server.dataDir, HOST: '0.0.0.0' };
      const refused = await runServer(env);
      expect(refused.code).toBe(2);
      expect(refused.stderr.trim().split('\n')).toEqual([expect.stringMatching(/HOST .*API key/)]);
      await server.startAgain();
      await withKey(server, 'admin');
      await server.stop();
      await server.startAgain({ HOST: '0.0.0.0' });
      const { body } = await server.api.get('/health', { Host: 'automation.example' });
      expect(body.checks.access).toMatchObject({ mode: 'keys' });
    } finally {
      await server.dispose();
    }
  });
});
