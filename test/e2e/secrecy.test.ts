/** Canaries: what callers send, and what the service must keep to itself, shows up in no log and in nobody else's answers. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BASE, SUBMISSION } from '../support/api.ts';
import { localAdmin, withKey } from '../support/keys.ts';
import { jwt } from '../support/oidc-issuer.ts';
import { until } from '../support/until.ts';
import { useServer, WAYS } from '../support/ways.ts';

describe.each(WAYS)('a log at level trace, %s', (way) => {
  const running = useServer(way, { LOG_LEVEL: 'trace' });

  it('contains no request text, token or secret', async () => {
    const { api, server } = running;
    const canary = (name: string) => `canary-${name}-7f3a`;
    const { id } = await api.submit({ title: canary('title'), description: canary('description') });
    const claim = await api.post(`/requests/${id}/attempts`, {
      worker: canary('worker'),
      session_id: canary('session'),
    });
    const agent = api.bearing(claim.body.agent_token);
    const worker = api.bearing(claim.body.attempt_token);
    await agent.patch(`/requests/${id}`, {
      current_phase: canary('phase'),
      plan_document: canary('plan'),
      milestones: [{ id: canary('id'), title: canary('milestone'), description: canary('more'), status: 'pending' }],
      test_results: { passed: 1, failed: 0, skipped: 0, summary: canary('summary') },
      pr_url: `https://example.com/${canary('url')}`,
      error_message: canary('error'),
    });
    await agent.patch(`/requests/${id}/status`, { status: 'blocked', error_message: canary('message') });
    await api.post(`/requests/${id}/retry`, { reason: canary('reason') });
    await worker.post(`/requests/${id}/attempts/1/report`, {
      outcome: 'failed',
      error_message: canary('report'),
      usage: { text: canary('usage') },
    });
    await api.get(`/requests?q=${canary('search')}`);
    await api.get(`/requests?session_id=${canary('session')}`);
    // What is refused.
    await api.post('/requests', { type: canary('type'), title: `${canary('refused')}\n`, [canary('field')]: 1 });
    await api.send({ method: 'POST', path: `${BASE}/requests`, body: canary('body') });
    await api.send({ path: `${BASE}/${canary('path')}?${canary('query')}=1` });
    await api.get('/requests', { Authorization: `Bearer ${canary('token')}`, Cookie: canary('cookie') });
    await api.get('/requests', { 'User-Agent': canary('agent'), Referer: `http://localhost/${canary('referer')}` });
    await api.get(`/requests?cursor=${canary('cursor')}`);

    const { output } = server;
    expect(output).not.toContain('canary-');
    for (const token of [claim.body.agent_token, claim.body.attempt_token]) {
      expect(output).not.toContain(token);
      expect(output).not.toContain(token.split('.').at(-1));
    }
    expect(output).not.toContain(readFileSync(`${server.dataDir}/secret`, 'utf8').trim());
    expect(output).not.toMatch(/postgres(?:ql)?:\/\/[^\s"]*:[^\s"@]+@/);
  });

  it('leaves them out of command lines too', async () => {
    const { id } = await running.api.submit({ title: 'canary-argv-7f3a', description: 'canary-argv-7f3a' });
    await running.api.move(id, 'implementing');
    const commands = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(commands).not.toContain('canary-argv');
  });
});

describe('a URL with credentials', () => {
  const withoutStore = useServer('engine in process', {
    LOG_LEVEL: 'trace',
    EVENTSTORE_CONNECTION_STRING: 'esdb://admin:canary-password-7f3a@127.0.0.1:9?tls=false',
  });

  it('of an event store where nothing listens shows in no log and no answer', async () => {
    const { api, server } = withoutStore;
    const answers = [await api.post('/requests', SUBMISSION), await api.get('/requests'), await api.get('/health')];
    expect(answers.map(({ status }) => status)).toEqual([503, expect.any(Number), 503]);
    for (const { text } of answers) expect(text).not.toContain('canary-');
    expect(server.output).not.toContain('canary-');
  });
});

describe('credentials', () => {
  const running = useServer('engine in process', {
    LOG_LEVEL: 'trace',
    AUTOMATION_OIDC_ISSUER: 'http://127.0.0.1:9',
    AUTOMATION_OIDC_AUDIENCE: 'automation',
    AWS_SQS_AUTOMATION_QUEUE_URL: 'http://127.0.0.1:9/000000000000/q',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'canary-key-7f3a',
    AWS_SECRET_ACCESS_KEY: 'canary-access-7f3a',
  });

  it('of a queue where nothing listens show in no log and no answer', async () => {
    const { server } = running;
    const api = await localAdmin(server);
    const { id } = await api.submit();
    await until('the queue was tried', async () => {
      return (await api.get('/health')).body.checks.queue.last_error !== null;
    });
    for (const path of ['/health', `/requests/${id}`]) expect((await api.get(path)).text).not.toContain('canary-');
    expect(server.output).not.toContain('canary-');
  });

  it('show in no log, event, record, error or page, valid or not', async () => {
    const { api, server } = running;
    const admin = await localAdmin(server);
    const good = await withKey(server, 'operator', 'olga');
    const other = await withKey(server, 'worker', 'dev-1');
    const rotated = (await admin.post(`/keys/${other.id}/rotate`, {})).body.key as string;
    const token = jwt({ alg: 'RS256', kid: 'x' }, { sub: 'canary-sub-3d7a' }, () =>
      Buffer.from('canary-signature-3d7a'),
    );
    const secrets = [
      ...[good.key, other.key, rotated, token, token.split('.')[2] ?? ''],
      ...[`abk_${'c'.repeat(38)}`, `${good.key}x`, good.key.slice(0, -1), 'canary-bearer-3d7a'],
    ];
    const { id } = await good.api.submit();
    const texts: string[] = [];
    for (const secret of secrets) {
      for (const path of ['/pending', '/keys', `/requests/${id}`, '/nowhere', '/health', `/requests?q=%`]) {
        texts.push(headed(await api.bearing(secret).get(path)));
      }
      texts.push(headed(await api.get('/pending', { Authorization: `Basic ${secret}` })));
      texts.push(headed(await api.bearing(secret).post('/keys', { name: 'olga', role: 'nobody' })));
    }
    await until('the refusals are recorded', async () => (await admin.get('/refusals')).body.items.length > 0);
    for (const path of ['/keys', '/refusals', '/events', '/health', `/requests/${id}/events`]) {
      texts.push(headed(await admin.get(path)));
    }
    for (const path of ['/docs', '/openapi.json', '/docs/problems']) texts.push(headed(await api.send({ path })));
    await server.stop();
    texts.push(server.output);
    // The log of the event store, byte for byte.
    const log = execFileSync('find', [`${server.dataDir}/eventstore`, '-type', 'f'], { encoding: 'utf8' });
    for (const file of log.trim().split('\n')) texts.push(readFileSync(file, 'latin1'));
    const signing = readFileSync(`${server.dataDir}/secret`, 'utf8').trim();
    for (const secret of [...secrets, signing]) {
      expect({ secret, shown: texts.filter((text) => text.includes(secret)).length }).toEqual({ secret, shown: 0 });
    }
    expect(texts.filter((text) => text.includes('canary-'))).toEqual([]);
  });
});

function headed({ headers, text }: { readonly headers: object; readonly text: string }): string {
  return `${JSON.stringify(headers)}\n${text}`;
}
