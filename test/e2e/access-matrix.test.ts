/** Every route with every credential, on the caller's own, another's and no request: who gets past the door, and who does not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newKey } from '../../src/access/keys/key-format.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/infrastructure/observability/logger.ts';
import type { Service } from '../../src/service.ts';
import { startService } from '../../src/service.ts';
import { Api, BASE } from '../support/api.ts';
import { UNKNOWN_ID } from '../support/contract.ts';
import { firstAnswer } from '../support/first-answer.ts';
import { until } from '../support/until.ts';
import type { Ground } from '../support/ways.ts';
import { prepareGround } from '../support/ways.ts';

const EVERY_SCOPE = [
  ...['requests:submit', 'requests:read', 'requests:manage'],
  ...['attempts:work', 'audit:read', 'admin'],
];

/** What opens each route, written down a second time. A route that is not here fails the first test. */
const OPENINGS: Readonly<Record<string, readonly string[] | 'everyone'>> = {
  'POST /requests': ['requests:submit'],
  'GET /requests': ['requests:read'],
  [`GET /requests?as_of=${new Date().toISOString()}`]: ['requests:read & audit:read'],
  'GET /requests/:id': ['requests:read', 'worker token', 'agent token'],
  'GET /requests/:id?version=0': ['requests:read', 'worker token', 'agent token'],
  'GET /requests/:id?as_of=2100-01-01T00:00:00Z': ['requests:read', 'worker token', 'agent token'],
  'PATCH /requests/:id': ['requests:manage', 'worker token', 'agent token'],
  'PATCH /requests/:id/status': ['requests:manage', 'worker token', 'agent token'],
  'POST /requests/:id/cancel': ['requests:manage'],
  'POST /requests/:id/retry': ['requests:manage'],
  'GET /requests/:id/events': ['requests:read', 'audit:read', 'agent token'],
  'GET /requests/:id/versions/:version/diff': ['requests:read', 'worker token', 'agent token'],
  'GET /requests/:id/events/stream': ['requests:read', 'audit:read', 'agent token'],
  'GET /events/stream': ['audit:read'],
  'GET /requests/:id/attempts': ['requests:read'],
  'POST /requests/:id/attempts': ['attempts:work'],
  'POST /requests/:id/attempts/:attempt/heartbeat': ['attempts:work', 'worker token'],
  'POST /requests/:id/attempts/:attempt/report': ['attempts:work', 'worker token'],
  'GET /pending': ['requests:read', 'attempts:work'],
  'GET /stats': ['requests:read'],
  'GET /events': ['audit:read'],
  'GET /audit': ['audit:read'],
  'GET /parked': ['audit:read'],
  'POST /parked/:id/retry': ['admin'],
  'POST /parked/:id/skip': ['admin'],
  'GET /refusals': ['audit:read'],
  'GET /projections': ['audit:read'],
  'POST /projections/:projection/rebuild': ['admin'],
  'GET /projections/:projection/rebuild': ['audit:read', 'admin'],
  'GET /projections/:projection/verify': ['audit:read'],
  'GET /proof/checkpoint': ['audit:read'],
  'POST /proof/checkpoint': ['admin'],
  'GET /requests/:id/audit-bundle': ['audit:read'],
  'GET /proof/keys': ['audit:read'],
  'GET /proof/consistency?from=0&to=0': ['audit:read'],
  'GET /proof/tile/:level/:first': ['audit:read'],
  'GET /proof/tile/:level/:first/:second': ['audit:read'],
  'GET /proof/tile/:level/:first/:second/:third': ['audit:read'],
  'GET /workers': ['requests:read'],
  'POST /workers/:worker/hello': ['attempts:work'],
  'GET /me': [...EVERY_SCOPE, 'worker token', 'agent token'],
  'GET /keys': ['admin'],
  'POST /keys': ['admin'],
  'GET /keys/:id': ['admin'],
  'POST /keys/:id/rotate': ['admin'],
  'POST /keys/:id/revoke': ['admin'],
  'GET /health': 'everyone',
};

const ROLES: Readonly<Record<string, readonly string[]>> = {
  submitter: ['requests:submit', 'requests:read'],
  operator: ['requests:submit', 'requests:read', 'requests:manage'],
  worker: ['requests:read', 'attempts:work'],
  auditor: ['requests:read', 'audit:read'],
  admin: EVERY_SCOPE,
};

interface Credential {
  readonly bearer: string | null;
  /** What it has. Null: it is none, and 401 wherever it is shown. */
  readonly holds: readonly string[] | null;
  /** A token opens what belongs to this request alone. */
  readonly of?: string;
}

const NAMES = [
  ...['nothing', ...Object.keys(ROLES), 'local administrator'],
  ...['worker token', 'agent token', 'ended worker token', 'ended agent token', 'worker token of another'],
  ...['agent token of another', 'unknown key', 'revoked key', 'expired key', 'rotated key', 'truncated key'],
  ...['lengthened key', 'key in capitals', 'key with a letter exchanged', 'altered token', 'no key at all'],
] as const;

const credentials = new Map<string, Credential>();
let ground: Ground;
let folder: string;
let service: Service;
let api: Api;
let admin: Api;
/** Of the tokens. */
let own: string;
let other: string;
let keyId: string;

beforeAll(async () => {
  ground = await prepareGround('engine in process');
  folder = await mkdtemp(join(tmpdir(), 'automation-matrix-'));
  // All of these calls come from one address.
  const unlimited = { AUTOMATION_RATE_LIMIT: 'off', AUTOMATION_RATE_LIMIT_UNAUTHENTICATED: 'off' };
  const config = readConfig({ ...ground.env, ...unlimited, DATA_DIR: join(folder, 'data'), PORT: '0' });
  service = await startService(config, createLogger('silent'));
  api = new Api(() => service.url);
  const adminKey = await create(api, 'admin');
  admin = api.bearing(adminKey.key);
  credentials.set('admin', { bearer: adminKey.key, holds: ROLES.admin ?? [] });
  for (const [role, holds] of Object.entries(ROLES)) {
    if (role !== 'admin') credentials.set(role, { bearer: (await create(admin, role)).key, holds });
  }
  await withTokens();
  await withBadOnes(adminKey.key);
});

afterAll(async () => {
  api.close();
  await service.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
  await ground.dispose();
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
async function create(by: Api, role: string, more: Record<string, unknown> = {}): Promise<any> {
  const { status, body } = await by.post('/keys', { name: `the-${role}`, role, ...more });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

async function withTokens(): Promise<void> {
  const worker = api.bearing(credentials.get('worker')?.bearer ?? '');
  const claim = async (id: string) => (await worker.post(`/requests/${id}/attempts`, { worker: 'dev-1' })).body;
  own = (await admin.submit()).id;
  other = (await admin.submit()).id;
  const ended = await claim(own);
  await worker.post(`/requests/${own}/attempts/1/report`, { outcome: 'released' });
  const live = await claim(own);
  const elsewhere = await claim(other);
  // All attempts are named by the number of the live one.
  credentials.set('worker token', { bearer: live.attempt_token, holds: ['worker token'], of: own });
  credentials.set('agent token', { bearer: live.agent_token, holds: ['agent token'], of: own });
  credentials.set('ended worker token', { bearer: ended.attempt_token, holds: ['ended worker token'], of: own });
  credentials.set('ended agent token', { bearer: ended.agent_token, holds: ['agent token'], of: own });
  credentials.set('worker token of another', {
    bearer: elsewhere.attempt_token,
    holds: ['ended worker token'],
    of: other,
  });
  credentials.set('agent token of another', { bearer: elsewhere.agent_token, holds: ['agent token'], of: other });
  const flipped =
    live.agent_token.slice(0, 20) + (live.agent_token[20] === 'A' ? 'B' : 'A') + live.agent_token.slice(21);
  credentials.set('altered token', { bearer: flipped, holds: null });
}

async function withBadOnes(good: string): Promise<void> {
  const { issueLocalToken } = await import('../../src/access/local-admin.ts');
  const { readSecrets, Signer } = await import('../../src/infrastructure/security/signing.ts');
  const signer = new Signer(await readSecrets(join(folder, 'data', 'secret'), { create: false }));
  credentials.set('local administrator', { bearer: issueLocalToken(signer, Date.now()), holds: ROLES.admin ?? [] });
  const revoked = await create(admin, 'auditor', { name: 'revoked' });
  await admin.post(`/keys/${revoked.id}/revoke`, {});
  keyId = revoked.id;
  const expires_at = new Date(Date.now() + 1_000).toISOString();
  const expired = await create(admin, 'admin', { name: 'expired', expires_at });
  const rotated = await create(admin, 'admin', { name: 'rotated' });
  await admin.post(`/keys/${rotated.id}/rotate`, { overlap_seconds: 0 });
  await until('the key is over', async () => (await api.bearing(expired.key).get('/keys')).status === 401);
  const exchanged = good.slice(0, 10) + (good[10] === 'x' ? 'y' : 'x') + good.slice(11);
  const bad = {
    ...{ 'unknown key': newKey(), 'revoked key': revoked.key, 'expired key': expired.key, 'rotated key': rotated.key },
    ...{ 'truncated key': good.slice(0, -1), 'lengthened key': `${good}0`, 'key in capitals': good.toUpperCase() },
    ...{ 'key with a letter exchanged': exchanged, 'no key at all': 'hello' },
  };
  for (const [name, bearer] of Object.entries(bad)) credentials.set(name, { bearer, holds: null });
  credentials.set('nothing', { bearer: null, holds: [] });
}

/** Who may call: 401, 403, or past the door. */
function expected(route: string, { bearer, holds, of }: Credential, id: string | null): number | 'passes' {
  if (holds === null) return 401;
  const openings = OPENINGS[route];
  if (openings === 'everyone') return 'passes';
  const opens = openings?.some((opening) => {
    if (!opening.endsWith('token')) return opening.split(' & ').every((scope) => holds.includes(scope));
    // A worker's token names its attempt where the path does, and only there.
    const held = holds.map((it) => (route.includes(':attempt') ? it : it.replace('ended ', '')));
    return held.includes(opening) && (of === id || !route.includes(':id'));
  });
  if (opens) return 'passes';
  return bearer === null ? 401 : 403;
}

/** The same without a word about what was asked for: no body is right, so nothing is changed by whoever gets through. */
async function call(route: string, { bearer }: Credential, id: string | null): Promise<number | string> {
  const [method = '', path = ''] = route.split(' ');
  const wanted = path.startsWith('/keys') && id !== null ? keyId : (id ?? UNKNOWN_ID);
  const target =
    BASE +
    path
      .replace(':id', wanted)
      .replace(':attempt', '2')
      .replace(':projection', 'requests')
      .replace(':version', '1')
      .replace(/:(level|first|second|third)/g, '001');
  const hasBody = method !== 'GET';
  const { status, body } = await firstAnswer(service.url, {
    method,
    path: target,
    headers: {
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: '{"unexpected":true}' } : {}),
  });
  if (status === 401 || status === 403) return status;
  // No log of a test is so long that it has these tiles.
  const isThere = (id !== null || !path.includes(':id')) && !path.includes(':level');
  const fits = hasBody ? status === 400 && body.includes('/unexpected') : status === (isThere ? 200 : 404);
  return fits ? 'passes' : `${status} ${body}`;
}

describe('the access matrix', () => {
  it('has every route, and no other', () => {
    const there = service.routes.map(({ method, path }) => `${method} ${path.slice(BASE.length)}`);
    const asked = Object.keys(OPENINGS).map((route) => route.replace(/\?.*/, ''));
    expect(there.sort()).toEqual([...new Set(asked)].sort());
  });

  it.each(NAMES)('matches the contract for: %s', async (name) => {
    const credential = credentials.get(name);
    if (!credential) throw new Error(`There is no ${name}.`);
    const wrong: string[] = [];
    for (const route of Object.keys(OPENINGS)) {
      const ids = route.includes(':id') ? [own, other, null] : [null];
      for (const id of ids) {
        const wanted = expected(route, credential, id);
        const got = await call(route, credential, id);
        const whose = id === own ? 'own' : id === other ? "another's" : 'none';
        if (got !== wanted) wrong.push(`${route} (${whose}): ${got} and not ${wanted}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('changed nothing', async () => {
    expect(await admin.request(own)).toMatchObject({ version: 4, status: 'planning' });
    expect(await admin.request(other)).toMatchObject({ version: 1, status: 'planning' });
    expect((await admin.get('/keys')).body.items).toHaveLength(8);
  });
});
