/** Runs of the real Claude Code that do not come to a good end, and what becomes of their requests. */
import { describe, expect, it } from '@jest/globals';
import { processesWith } from '../support/processes.ts';
import { eventually } from './support/eventually.ts';
import { bash, plays } from './support/play.ts';
import { MODEL_KEY, useStage } from './support/stage.ts';

const stage = useStage();

describe('a run', () => {
  it('fails if the API refuses its prompt', async () => {
    stage.model.reset(() => ({ status: 413, error: 'request_too_large', message: 'Too large.' }));
    stage.startWorker();
    const { request } = await stage.ended(await stage.submit());
    expect(request).toMatchObject({ status: 'failed', error_code: 'agent-error' });
    expect(request.error_message).toContain('The API rejected what the agent sent');
    expect(request.error_message).toContain('too large');
  });

  it('is blocked until its account has usage again, and the worker claims nothing until then', async () => {
    const resetsAt = Math.floor(Date.now() / 1000) + 3_600;
    stage.model.reset(() => ({
      status: 429,
      error: 'rate_limit_error',
      message: 'This request would exceed your account rate limit.',
      headers: {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': String(resetsAt),
        'anthropic-ratelimit-unified-representative-claim': 'five_hour',
        'anthropic-ratelimit-unified-overage-status': 'rejected',
        'retry-after': '3600',
      },
    }));
    const token = 'sk-ant-oat01-canary-0123456789abcdef';
    const worker = stage.startWorker({ env: { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: token } });
    const { request } = await stage.ended(await stage.submit());
    expect(request).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'usage_limit', resume_at: new Date(resetsAt * 1000).toISOString() },
    });
    expect(stage.model.turns[0]?.headers.authorization).toBe(`Bearer ${token}`);
    await worker.logs('claiming no requests until the agent works again');
    expect(worker.stdout).not.toContain(token);
  });

  it('is handed back if its account is refused, without blaming the request', async () => {
    stage.model.reset(() => ({ status: 403, error: 'permission_error', message: 'Your account has no access.' }));
    const worker = stage.startWorker();
    const id = await stage.submit();
    const { attempt } = await stage.ended(id);
    expect(attempt).toMatchObject({ outcome: 'released', error_code: 'agent-auth' });
    expect(attempt.error_message).not.toContain(MODEL_KEY);
    expect(await stage.api.request(id)).toMatchObject({ status: 'pending' });
    await worker.logs('claiming no requests until the agent works again');
  });

  it('is ended with everything it started if the model is silent, and handed back', async () => {
    stage.model.reset(
      plays(function* () {
        yield* bash('setsid sleep 1000 > /dev/null 2>&1 < /dev/null & echo started');
        yield 'hang';
        return '';
      }),
    );
    stage.startWorker({ env: { AUTOMATION_AGENT_SILENCE_SECONDS: '6' } });
    const id = await stage.submit();
    await eventually('the model is asked again', () => stage.model.turns.length === 2);
    expect(processesWith(`AUTOMATION_REQUEST_ID=${id}`)).not.toEqual([]);
    const { request, attempt } = await stage.ended(id);
    expect(attempt).toMatchObject({ outcome: 'released', error_code: 'provider' });
    expect(request.status).toBe('pending');
    expect(processesWith(`AUTOMATION_REQUEST_ID=${id}`)).toEqual([]);
  });

  it('is ended if its own command is silent, and fails', async () => {
    stage.model.reset(
      plays(function* () {
        yield* bash('sleep 1000');
        return '';
      }),
    );
    stage.startWorker({ env: { AUTOMATION_AGENT_SILENCE_SECONDS: '12' } });
    const { request } = await stage.ended(await stage.submit());
    expect(request).toMatchObject({ status: 'failed', error_code: 'agent-silent' });
  });

  it('is blocked for its budget once it has used its turns', async () => {
    stage.model.reset(() => ({ calls: [{ name: 'Bash', input: { command: 'date' } }] }));
    stage.startWorker({ args: ['--max-turns', '2'] });
    const { request, attempt } = await stage.ended(await stage.submit());
    expect(request).toMatchObject({ status: 'blocked', blocked: { reason: 'budget' } });
    expect(attempt.num_turns).toBeGreaterThanOrEqual(2);
  });
});
