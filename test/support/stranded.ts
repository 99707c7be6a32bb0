import { expect } from '@jest/globals';
import type { Api } from './api.ts';

const TERMINAL = ['completed', 'failed', 'cancelled'];

/** Requests found at rest, with their versions: they stay so until the version grows, and each look at one is a call. */
const atRest = new Set<string>();

/**
 * Expects that no request is running without a worker: every request is finished, is waiting where workers look, is blocked for a reason that
 * somebody can act on, or belongs to an attempt with a valid lease.
 */
export async function expectNothingStranded(api: Api): Promise<void> {
  const pending = new Set((await api.get('/pending?limit=100')).body.items.map(({ id }: { id: string }) => id));
  const stranded = [];
  for (const request of await api.all('/requests?limit=100')) {
    const { id, status, blocked, version } = request;
    if (atRest.has(`${id} ${version}`)) continue;
    const attempts = (await api.get(`/requests/${id}/attempts`)).body.items;
    const live = attempts.filter(({ outcome }: { outcome: string | null }) => outcome === null);
    const isHeld = live.length === 1 && Date.parse(live[0].lease_expires_at) > Date.now();
    const isWaiting = status === 'pending' && live.length === 0 && (pending.has(id) || pending.size === 100);
    const isExplained = status === 'blocked' && blocked.reason !== null && blocked.message !== '';
    const isOver = TERMINAL.includes(status) && (live.length === 0 || isHeld);
    if (live.length === 0 && (isOver || isExplained)) atRest.add(`${id} ${version}`);
    if (!isOver && !isWaiting && !isExplained && !isHeld) stranded.push({ id, status, blocked, attempts });
  }
  expect(stranded).toEqual([]);
}
