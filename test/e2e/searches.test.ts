/** One caller's searches keep no other from its work. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Api } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { localAdmin, withKey } from '../support/keys.ts';
import { useServer } from '../support/ways.ts';

const REQUESTS = 150;
const AT_ONCE = 40;
/** Ten different words, each ten times, which are at the end of every text, but for the last, which is nowhere. */
const SEARCH = `/requests?include_total=true&q=${Array.from({ length: 100 }, (_, n) => 'abcdefghiz'[n % 10]).join('+')}`;
const TEXT = `${'x'.repeat(19_980)}abcdefghi`;

describe('while one caller searches as much as possible', () => {
  const running = useServer('engine in process', { AUTOMATION_RATE_LIMIT: 'off' });
  let admin: Api;
  let id: string;

  beforeAll(async () => {
    admin = await localAdmin(running.server);
    const ids = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, n) => (await admin.submit({ title: `${n}`, description: TEXT })).id),
    );
    id = ids[0];
  }, 120_000);

  it('others can list, search, see what is pending, claim, and keep their leases', async () => {
    const searcher = (await withKey(running.server, 'auditor', 'searcher')).api;
    const worker = (await withKey(running.server, 'worker', 'worker')).api;
    const reader = (await withKey(running.server, 'auditor', 'reader')).api;
    const searches: Answer[] = [];
    let isOver = false;
    const searching = Array.from({ length: AT_ONCE }, async () => {
      while (!isOver) searches.push(await searcher.get(SEARCH));
    });
    const others: Answer[] = [];
    try {
      others.push(await worker.post(`/requests/${id}/attempts`, { worker: 'w', lease_seconds: 15 }));
      for (let round = 0; round < 10; round += 1) {
        others.push(
          ...(await Promise.all([
            worker.get('/pending'),
            worker.post(`/requests/${id}/attempts/1/heartbeat`, {}),
            reader.get('/requests?limit=5'),
            reader.get('/requests?q=nowhere'),
            running.api.get('/health'),
          ])),
        );
      }
    } finally {
      isOver = true;
      await Promise.all(searching);
    }
    expect(others.map(({ status }) => status)).toEqual([201, ...Array<number>(50).fill(200)]);
    expect(searches.some(({ status }) => status === 200)).toBe(true);
    for (const answer of searches.filter(({ status }) => status !== 200)) expectProblem(answer, 429, 'rate-limited');
  });
});
