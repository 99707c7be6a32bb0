/** Reports of an agent while the service is away: kept, and sent in order, once, when it is there again. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpProxy } from '../../support/http-proxy.ts';
import type { ScriptExit } from '../../support/kit.ts';
import { runScript } from '../../support/kit.ts';
import { useServer } from '../../support/ways.ts';

const running = useServer('engine in process');
let proxy: HttpProxy;
let folder: string;
let spool: string;
let env: Record<string, string>;
let id: string;

beforeAll(async () => {
  proxy = await HttpProxy.start(() => running.server.url);
});
afterAll(() => proxy.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'automation-spool-test-'));
  spool = join(folder, 'spool');
  ({ id } = await running.api.submit({ type: 'bug' }));
  env = await claimed(id);
});
afterEach(() => {
  proxy.fate = () => 'pass';
  rmSync(folder, { recursive: true, force: true });
});

async function claimed(requestId: string): Promise<Record<string, string>> {
  const { body } = await running.api.post(`/requests/${requestId}/attempts`, { worker: 'w' });
  return {
    AUTOMATION_API_URL: proxy.url,
    AUTOMATION_REQUEST_ID: requestId,
    AUTOMATION_ATTEMPT: String(body.attempt),
    AUTOMATION_AGENT_TOKEN: body.agent_token,
    AUTOMATION_SPOOL_DIR: spool,
  };
}

const update = (...args: string[]): Promise<ScriptExit> => runScript('update_request_status.mjs', args, env);
const away = (): void => {
  proxy.fate = () => ({ status: 503 });
};
const kept = (): string[] => readdirSync(spool);

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

describe('a report while the service is unreachable', () => {
  it('is kept, and the agent is told to continue', async () => {
    away();
    const { code, stderr } = await update('implementing', '--timeout', '1');
    expect(code).toBe(4);
    expect(stderr).toContain('The report is kept');
    expect(kept()).toHaveLength(1);
    expect(statSync(spool).mode & 0o777).toBe(0o700);
    expect(statSync(join(spool, kept()[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  it('is sent before the next one, and moves milestones in the list as it is then', async () => {
    const milestones = [
      { id: 'm1', title: 'One', status: 'pending' },
      { id: 'm2', title: 'Two', status: 'pending' },
    ];
    away();
    await update('planning', '--milestones', file('m.json', milestones), '--timeout', '1');
    await update('implementing', '--milestone', 'm1=completed', '--timeout', '1');
    expect(kept()).toHaveLength(2);
    proxy.fate = () => 'pass';
    expect((await update('testing', '--phase', 'now')).code).toBe(0);

    expect(kept()).toEqual([]);
    expect(await running.api.request(id)).toMatchObject({
      status: 'testing',
      milestones: [
        { id: 'm1', status: 'completed' },
        { id: 'm2', status: 'pending' },
      ],
    });
    const types = (await running.api.events(id)).map(({ type }: { type: string }) => type);
    expect(types.indexOf('MilestonesPlanned')).toBeLessThan(types.indexOf('ImplementationStarted'));
    expect(types.indexOf('ImplementationStarted')).toBeLessThan(types.indexOf('TestingStarted'));
  });

  it('counts once if only the answer was lost', async () => {
    proxy.fate = () => 'lose-answer';
    await update('implementing', '--phase', 'first', '--timeout', '1');
    expect(kept()).toHaveLength(1);
    // Somebody has moved it on since: the same report as a new one would move it back.
    await running.api.patch(`/requests/${id}/status`, { status: 'testing' });
    proxy.fate = () => 'pass';
    expect((await update('--flush')).code).toBe(0);
    expect(kept()).toEqual([]);
    expect(await running.api.request(id)).toMatchObject({ status: 'testing' });
  });

  it('is sent when the request is fetched', async () => {
    away();
    await update('implementing', '--timeout', '1');
    proxy.fate = () => 'pass';
    const { stdout } = await runScript('fetch_request.mjs', ['--field', 'status'], env);
    expect(stdout).toBe('implementing\n');
  });

  it('is dropped with a message if the service refuses it later', async () => {
    away();
    await update('deploying', '--timeout', '1');
    proxy.fate = () => 'pass';
    const { code, stderr } = await update('implementing');
    expect(code).toBe(0);
    expect(stderr).toContain('was refused and dropped');
    expect(kept()).toEqual([]);
    expect(await running.api.request(id)).toMatchObject({ status: 'implementing' });
  });

  it('is dropped silently if the request has ended meanwhile', async () => {
    away();
    await update('testing', '--timeout', '1');
    proxy.fate = () => ({ status: 409, code: 'request-ended' });
    expect(await update('--flush')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(kept()).toEqual([]);
  });

  it('of an ended attempt is not sent by the next one', async () => {
    away();
    await update('implementing', '--timeout', '1');
    proxy.fate = () => 'pass';
    await running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
    env = await claimed(id);
    expect((await update('--flush')).code).toBe(0);
    expect(kept()).toEqual([]);
    expect(await running.api.request(id)).toMatchObject({ status: 'planning', attempt: 2 });
  });

  it('of another request waits for its own agent', async () => {
    away();
    await update('implementing', '--timeout', '1');
    proxy.fate = () => 'pass';
    const first = env;
    const { id: other } = await running.api.submit({ type: 'bug' });
    env = await claimed(other);
    expect((await update('testing')).code).toBe(3);
    expect(kept()).toHaveLength(1);
    env = first;
    expect((await update('--flush')).code).toBe(0);
    expect(await running.api.request(id)).toMatchObject({ status: 'implementing' });
  });

  it('is not kept forever', async () => {
    mkdirSync(spool, { mode: 0o700 });
    const report = { id, status: 'testing', work: {}, progress: { status: 'testing' }, block: {}, moves: [] };
    const keys = { work: id, status: id };
    for (let i = 0; i < 200; i += 1) {
      const content = { url: proxy.url, attempt: '1', at: new Date().toISOString(), report: { ...report, keys } };
      writeFileSync(join(spool, `${String(i).padStart(5, '0')}.json`), JSON.stringify(content));
    }
    away();
    const { code, stderr } = await update('implementing', '--timeout', '1');
    expect(code).toBe(4);
    expect(stderr).toContain('200 reports are waiting already');
    expect(kept()).toHaveLength(200);
  });
});

describe('a spool with foreign files', () => {
  it('is cleared of them, without following links or waiting for pipes', async () => {
    mkdirSync(spool, { mode: 0o700 });
    writeFileSync(join(spool, '1.json'), '{"report": {"id": "../../requests"}}');
    symlinkSync('/dev/zero', join(spool, '2.json'));
    writeFileSync(join(spool, '3.json'), 'x'.repeat(2 * 1024 * 1024));
    expect((await update('implementing')).code).toBe(0);
    expect(kept()).toEqual([]);
  });
});
