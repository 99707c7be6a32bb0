import { randomUUID } from 'node:crypto';
import type { Api } from './api.ts';
import { BASE, SUBMISSION } from './api.ts';
import { until } from './until.ts';
import type { Outgoing } from './api.ts';
import { parkedDeadline } from './poison.ts';

/** A call that the service accepts. */
export interface Call extends Outgoing {
  readonly method: string;
  /** Body of a command, before it is serialised. */
  readonly json?: Readonly<Record<string, unknown>>;
}

const get = (path: string): Call => ({ method: 'GET', path: BASE + path });

export function command(method: 'POST' | 'PATCH', path: string, json: Readonly<Record<string, unknown>>): Call {
  return {
    method,
    path: path.startsWith(BASE) ? path : BASE + path,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(json),
    json,
  };
}

async function claimed(api: Api): Promise<string> {
  const { id } = await api.submit();
  const answer = await api.post(`/requests/${id}/attempts`, { worker: 'w' });
  if (answer.status !== 201) throw new Error(`Not claimed: ${answer.status} ${answer.text}`);
  return id;
}

async function moved(api: Api, status: string): Promise<string> {
  const { id } = await api.submit();
  await api.move(id, status);
  return id;
}

async function createdKey(api: Api): Promise<string> {
  const { status, body, text } = await api.post('/keys', { name: `key-${randomUUID()}`, role: 'auditor' });
  if (status !== 201) throw new Error(`No key: ${status} ${text}`);
  return body.id;
}

/** The path, once the log's tree has so many leaves. */
async function grown(api: Api, leaves: number, path: string): Promise<string> {
  for (;;) {
    const { status, text } = await api.post('/proof/checkpoint');
    if (status !== 201) throw new Error(`No checkpoint: ${status} ${text}`);
    if (Number(text.split('\n')[1]) >= leaves) return path;
    const { id } = await api.submit();
    for (const state of ['pending', 'in_progress']) {
      const milestones = Array.from({ length: 100 }, (_, i) => ({ id: `m${i}`, title: 'M', status: state }));
      await api.patch(`/requests/${id}`, { milestones });
    }
  }
}

/**
 * By operation id of the OpenAPI document: prepares what a call needs, and returns the call. `api` must be allowed everything, and
 * its database be poisoned (see poison.ts) for calls on what is parked.
 */
export const VALID_CALLS: Readonly<Record<string, (api: Api) => Promise<Call>>> = {
  submitRequest: async () => command('POST', '/requests', { ...SUBMISSION, priority: 'low' }),
  listRequests: async () => get('/requests?status=pending,failed&sort=priority&limit=3&include_total=true&q=rate'),
  getRequest: async (api) => get(`/requests/${(await api.submit()).id}?version=0`),
  reviseRequest: async (api) =>
    command('PATCH', `/requests/${(await api.submit()).id}`, {
      current_phase: 'a phase',
      milestones: [{ id: 'm1', title: 'One', status: 'pending' }],
      test_results: { passed: 1, failed: 0, skipped: 0 },
      pr_url: 'https://example.org/pull/1',
      plan_document: 'A plan',
    }),
  changeStatus: async (api) =>
    command('PATCH', `/requests/${(await api.submit()).id}/status`, {
      status: 'blocked',
      reason: 'question',
      error_message: 'Which?',
      resume_at: '2040-01-01T00:00:00Z',
    }),
  cancelRequest: async (api) => command('POST', `/requests/${(await api.submit()).id}/cancel`, { reason: 'a' }),
  retryRequest: async (api) => command('POST', `/requests/${await moved(api, 'failed')}/retry`, { reason: 'a' }),
  listPending: async () => get('/pending?limit=2&type=bug,feature'),
  claimRequest: async (api) =>
    command('POST', `/requests/${(await api.submit()).id}/attempts`, {
      worker: 'w',
      lease_seconds: 60,
      agent: { kit_version: '0.1.0', kit_sha256: 'a'.repeat(64), prompt_sha256: 'b'.repeat(64) },
    }),
  listAttempts: async (api) => get(`/requests/${await claimed(api)}/attempts`),
  heartbeat: async (api) =>
    command('POST', `/requests/${await claimed(api)}/attempts/1/heartbeat`, { num_turns: 1, usage: { tokens: 1 } }),
  reportAttempt: async (api) =>
    command('POST', `/requests/${await claimed(api)}/attempts/1/report`, { outcome: 'released', duration_ms: 1 }),
  listRequestEvents: async (api) => get(`/requests/${(await api.submit()).id}/events?limit=5&type=RequestSubmitted`),
  diffVersions: async (api) => get(`/requests/${(await api.submit()).id}/versions/0/diff`),
  getStats: async () => get('/stats?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z&repository=-&label=a,-'),
  // A GET would not end.
  streamEvents: async () => ({ ...get('/events/stream?principal=nobody'), method: 'HEAD' }),
  streamRequestEvents: async (api) => ({
    ...get(`/requests/${(await api.submit()).id}/events/stream`),
    method: 'HEAD',
  }),
  listEvents: async () =>
    get('/events?limit=2&principal=anonymous&from=2020-01-01T00:00:00Z&correlation_id=c-1&causation_id=c-2'),
  listAudit: async () => get('/audit?limit=2&type=RebuildRequested,ExportFailed&principal=anonymous'),
  getCheckpoint: async () => get('/proof/checkpoint'),
  signCheckpoint: async () => command('POST', '/proof/checkpoint', {}),
  getAuditBundle: async (api) => get(`/requests/${(await api.submit()).id}/audit-bundle`),
  getProofKeys: async () => get('/proof/keys'),
  proveConsistency: async () => get('/proof/consistency?from=0&to=0'),
  getTile: async (api) => get(await grown(api, 256, '/proof/tile/0/000')),
  getTileBelow: async (api) => get(await grown(api, 1, '/proof/tile/0/000.p/1')),
  getTileFarBelow: async (api) => get(await grown(api, 1, '/proof/tile/0/x001/000.p/1')),
  listRefusals: async () => get('/refusals?limit=2'),
  listProjections: async () => get('/projections'),
  getRebuild: async () => get('/projections/requests/rebuild'),
  rebuildProjection: async (api) => {
    await until('no rebuild is under way', async () => {
      const { state } = (await api.get('/projections/requests/rebuild')).body;
      return state === 'none' || state === 'finished';
    });
    return command('POST', '/projections/requests/rebuild', { reason: 'a' });
  },
  verifyProjection: async () => get('/projections/requests/verify'),
  listWorkers: async () => get('/workers'),
  sayHello: async () =>
    command('POST', '/workers/dev%201/hello', {
      version: '0.1.0',
      repositories: ['acme/shop'],
      state: 'paused',
      reason: 'usage_limit',
      until: '2040-01-01T00:00:00Z',
    }),
  createKey: async () => command('POST', '/keys', { name: `key-${randomUUID()}`, role: 'worker' }),
  listKeys: async () => get('/keys'),
  getKey: async (api) => get(`/keys/${await createdKey(api)}`),
  rotateKey: async (api) => command('POST', `/keys/${await createdKey(api)}/rotate`, { overlap_seconds: 60 }),
  revokeKey: async (api) => command('POST', `/keys/${await createdKey(api)}/revoke`, { reason: 'a' }),
  listParked: async () => get('/parked?consumer=requests&limit=2'),
  retryParked: async (api) => command('POST', `/parked/${(await parkedDeadline(api)).id}/retry`, { reason: 'a' }),
  skipParked: async (api) => command('POST', `/parked/${(await parkedDeadline(api)).id}/skip`, { reason: 'a' }),
  getMe: async () => get('/me'),
  getHealth: async () => get('/health'),
};
