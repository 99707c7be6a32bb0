/** What the worker sees to before a run, and at its start. */
import { describe, expect, it } from '@jest/globals';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLAUDE, useStage } from './support/stage.ts';

const stage = useStage();

/** A program in place of Claude Code. */
function program(name: string, lines: readonly string[]): string {
  const file = join(stage.remote.folder, name);
  writeFileSync(file, ['#!/bin/bash', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

describe('a worker', () => {
  it('claims nothing with a Claude Code that the guard does not support, and says so', async () => {
    const id = await stage.submit();
    const old = program('old-claude', ['echo "2.1.294 (Claude Code)"']);
    const worker = stage.startWorker({ args: ['--claude', old] });
    expect(await worker.exited).toEqual({ code: 2, signal: null });
    expect(worker.stderr).toContain('Claude Code 2.1.294 is too old: the guard requires 2.1.295 or newer.');
    expect(await stage.api.request(id)).toMatchObject({ status: 'pending', attempt: 0 });
  });

  it.each([
    ['without the guard', 'settings', 'The guard did not answer.'],
    ['in another permission mode', 'permission-mode', 'The permission mode is default.'],
  ])('ends a session that starts %s, and takes no other request', async (_, flag, message) => {
    stage.model.reset(() => ({ calls: [{ name: 'Bash', input: { command: 'git push origin HEAD' } }] }));
    const forgetful = program('forgetful-claude', [
      'for word in "$@"; do shift; if [ "$word" = "--' +
        flag +
        '" ]; then drop=1; elif [ -n "$drop" ]; then drop=; else set -- "$@" "$word"; fi; done',
      `exec ${CLAUDE} "$@"`,
    ]);
    // Without the settings there is no helper for the model's key either.
    const worker = stage.startWorker({ args: ['--claude', forgetful] });
    const { request, attempt } = await stage.ended(await stage.submit());
    expect(attempt).toMatchObject({ outcome: 'blocked', error_code: 'policy', error_message: message });
    expect(request).toMatchObject({ status: 'blocked', blocked: { reason: 'policy', message } });
    await worker.logs('claiming no requests until the agent works again');
  });
});
