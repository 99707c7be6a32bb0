/** The kit in a repository of somebody's, and Claude Code started by hand: both forms of the prompt. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGit } from '../support/repository.ts';
import type { ToolResult } from './support/messages-api.ts';
import { bash, callOf, plays, skill, use } from './support/play.ts';
import { CLAUDE, MODEL_KEY, scratch, useStage } from './support/stage.ts';

const stage = useStage();
const KIT_PROGRAM = fileURLToPath(new URL('../../dist/cli/kit.js', import.meta.url));
let folder: ReturnType<typeof scratch>;

beforeEach(() => {
  folder = scratch();
});
afterEach(() => {
  folder.dispose();
});

async function claude(prompt: string, cwd: string): Promise<{ code: number; stdout: string }> {
  for (const name of ['home', 'config', 'tmp']) mkdirSync(join(folder.dir, name));
  const child = spawn(CLAUDE, ['-p', prompt, '--permission-mode', 'acceptEdits', '--allowedTools', 'Bash,Skill'], {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: join(folder.dir, 'home'),
      CLAUDE_CONFIG_DIR: join(folder.dir, 'config'),
      TMPDIR: join(folder.dir, 'tmp'),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ANTHROPIC_BASE_URL: stage.model.url,
      ANTHROPIC_API_KEY: MODEL_KEY,
      AUTOMATION_API_URL: stage.server.url,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code] = await once(child, 'close');
  return { code: code as number, stdout };
}

describe('the kit in a repository', () => {
  it.each([
    ['/process-request', 'plan-feature'],
    ['/project:process-request', 'project:plan-feature'],
  ])('works with the prompt %s, guard and status scripts included', async (command, plan) => {
    const repository = join(folder.dir, 'shop');
    runGit(folder.dir, 'clone', '--quiet', stage.remote.url, repository);
    execFileSync(process.execPath, [KIT_PROGRAM, 'install', repository]);
    const id = await stage.submit();
    let push: ToolResult | null = null;
    stage.model.reset(
      plays(function* (turn) {
        const prompt = turn.told.join('\n');
        const request = JSON.parse(yield* bash(`${callOf('fetch_request.mjs', prompt)} ${id}`));
        push = yield* use('Bash', { command: 'git push --force' });
        const told = yield* skill(plan, id);
        yield* bash(`${callOf('update_request_status.mjs', told)} ${id} planning --phase "looking around"`);
        return `It is ${request.title}.`;
      }),
    );
    expect(await claude(`${command} ${id}`, repository)).toEqual({ code: 0, stdout: 'It is Say hello.\n' });
    expect(push).toEqual({ isError: true, text: expect.stringContaining('Not allowed (git-push)') });
    expect(await stage.api.request(id)).toMatchObject({ status: 'planning', current_phase: 'looking around' });
  });
});
