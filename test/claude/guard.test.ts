/** The kit's two hooks under the real Claude Code: what the guard refuses, and an agent that would stop too soon. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolResult } from './support/messages-api.ts';
import { bash, callOf, plays, use } from './support/play.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

describe('the guard', () => {
  it('refuses a call with a reason, and the run continues', async () => {
    const refused: ToolResult[] = [];
    stage.model.reset(
      plays(function* (turn) {
        const tell = callOf('update_request_status.mjs', turn.told.join('\n'));
        refused.push(yield* use('Bash', { command: 'git push --force origin HEAD:main' }));
        refused.push(yield* use('Write', { file_path: '/etc/cron.d/evil', content: '* * * * * root true\n' }));
        yield* bash('echo "a text that speaks of git push --force is let through"');
        yield* bash(`${tell} blocked --reason question --error-message "Which greeting?"`);
        return 'I asked.';
      }),
    );
    const worker = stage.startWorker();
    const id = await stage.submit();
    const { request, attempt } = await stage.ended(id);

    expect(refused).toEqual([
      { isError: true, text: expect.stringContaining('Not allowed (git-push)') },
      { isError: true, text: expect.stringContaining('Not allowed (write-outside)') },
    ]);
    expect(request).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'question', message: 'Which greeting?' },
    });
    expect(attempt.outcome).toBe('succeeded');
    await worker.logs('end report accepted');
    const kept = join(worker.folder, 'state/claude-worker/transcripts', attempt.session_id, 'hooks');
    const decisions = readFileSync(join(kept, 'security_check.log'), 'utf8').trim().split('\n');
    expect(decisions.map((line) => JSON.parse(line).rule)).toEqual(['git-push', 'write-outside', null, null]);
  });
});

describe('the check at the end', () => {
  it('sends an agent back once if it stops with its request unfinished', async () => {
    const feedback: string[] = [];
    stage.model.reset(
      plays(function* (turn) {
        const sentBack = turn.told.filter((text) => text.includes('Stop hook feedback'));
        if (sentBack.length === 0) return 'I am done.';
        feedback.push(...sentBack);
        const tell = callOf('update_request_status.mjs', turn.told.join('\n'));
        yield* bash(`${tell} failed --error-code no-way --error-message "It cannot be done."`);
        return 'I gave up.';
      }),
    );
    stage.startWorker();
    const { request } = await stage.ended(await stage.submit());
    expect(feedback).toHaveLength(1);
    expect(feedback[0]).toContain('The request is not finished');
    expect(request).toMatchObject({ status: 'failed', error_code: 'no-way', error_message: 'It cannot be done.' });
  });

  it('is repeated by the service: an agent that ends unfinished leaves its request blocked', async () => {
    stage.model.reset(() => ({ text: 'I am done.' }));
    stage.startWorker();
    const { request, attempt } = await stage.ended(await stage.submit());
    expect(attempt.outcome).toBe('succeeded');
    expect(request).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'other', message: expect.stringContaining('the agent ended without finishing') },
    });
  });
});
