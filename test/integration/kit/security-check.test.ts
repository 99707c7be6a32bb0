/** The guard: its judgement in process for the tables, and the script itself as Claude Code runs it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { KIT } from '../../support/kit.ts';
import { loadGuard, runHook } from '../../support/guard.ts';
import type { Decision } from '../../support/guard.ts';
import { DENIED_COMMANDS } from './calls/denied-commands.ts';
import { Surroundings } from './calls/fixture.ts';
import { HARMLESS_COMMANDS } from './calls/harmless-commands.ts';
import { HARMLESS_STACKS } from './calls/harmless-stacks.ts';
import { TOOL_CALLS } from './calls/tool-calls.ts';

const SCRIPT = `${KIT}/scripts/security_check.mjs`;
const BUNDLE = join(KIT, '../dist/kit/scripts/security_check.mjs');
const guard = await loadGuard();
const around = new Surroundings();
// The fixture lies in the machine's temporary folder, which is open by itself.
const context = { ...guard.contextOf(around.env, around.places.project), tempDirs: [around.places.tmp] };

afterAll(() => {
  around.remove();
});

function decide(tool: string, input: Readonly<Record<string, unknown>>, cwd = around.places.project): Decision {
  return guard.decide({ tool, input, cwd }, context);
}

function bash(command: string, cwd?: string): Decision {
  return decide('Bash', { command: around.fill(command) }, cwd);
}

function event(command: string): string {
  return JSON.stringify({
    hook_event_name: 'PreToolUse',
    session_id: 'of-the-test',
    cwd: around.places.project,
    tool_name: 'Bash',
    tool_input: { command },
  });
}

/** What Claude Code takes for a denial, whichever of the three it looks at. */
function expectDenial({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): string {
  expect(code).toBe(2);
  const reason: unknown = JSON.parse(stdout).hookSpecificOutput?.permissionDecisionReason;
  expect(JSON.parse(stdout)).toEqual({
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: reason },
  });
  expect(stderr).toBe(`${String(reason)}\n`);
  expect(String(reason).length).toBeGreaterThan(20);
  return String(reason);
}

describe('commands of ordinary work', () => {
  it.each(HARMLESS_COMMANDS)('pass: %s', (_, command) => {
    expect(bash(command)).toEqual({ allow: true });
  });
});

describe('commands of ordinary work with other languages and tools', () => {
  it.each(HARMLESS_STACKS.map((command) => [JSON.stringify(command), command]))('pass: %s', (_, command) => {
    expect(bash(command)).toEqual({ allow: true });
  });
});

describe.each(Object.entries(DENIED_COMMANDS))('commands are stopped by the rule %s', (rule, commands) => {
  it.each(commands.map((command) => [JSON.stringify(command).slice(0, 120), command]))('%s', (_, command) => {
    expect(bash(command)).toEqual({ allow: false, rule });
  });
});

describe('other tools', () => {
  it.each(TOOL_CALLS.map(([name, tool, input, rule]) => [name, tool, input, rule] as const))(
    '%s (%s)',
    (_, tool, input, rule) => {
      const filled = Object.fromEntries(
        Object.entries(input).map(([name, value]) => [name, typeof value === 'string' ? around.fill(value) : value]),
      );
      expect(decide(tool, filled)).toEqual(rule === undefined ? { allow: true } : { allow: false, rule });
    },
  );
});

describe('the place of a command', () => {
  it("is the shell's current folder", () => {
    expect(bash('rm -rf *', join(around.places.project, 'dist')).allow).toBe(true);
    expect(bash('rm -rf *', around.places.project)).toEqual({ allow: false, rule: 'delete-root' });
    expect(bash('grep -rn TODO .', join(around.places.project, 'src')).allow).toBe(true);
    expect(bash('rm -f notes.txt', join(around.base, 'elsewhere'))).toEqual({ allow: false, rule: 'write-outside' });
  });

  it('may be a clone inside an otherwise protected folder', () => {
    const inside = guard.contextOf(
      { ...around.env, AUTOMATION_PROTECTED_PATHS: `${around.base}:${around.places.project}/dist` },
      around.places.project,
    );
    const judge = (command: string) =>
      guard.decide({ tool: 'Bash', input: { command }, cwd: around.places.project }, inside);
    expect(judge('touch src/new.ts && cat src/index.ts').allow).toBe(true);
    expect(judge('cat ../elsewhere/notes.txt')).toEqual({ allow: false, rule: 'protected-path' });
    expect(judge('cat dist/main.js')).toEqual({ allow: false, rule: 'protected-path' });
  });

  it('may be the temporary folder, except what is protected in it', () => {
    const usual = guard.contextOf(around.env, around.places.project);
    const judge = (command: string) =>
      guard.decide({ tool: 'Bash', input: { command: around.fill(command) }, cwd: around.places.project }, usual);
    expect(judge('echo x > /tmp/out.log').allow).toBe(true);
    expect(judge('echo x > {worker}/out.log')).toEqual({ allow: false, rule: 'protected-path' });
  });
});

describe('every rule', () => {
  it('has advice, and an example in the tables', () => {
    const shown = new Set([...Object.keys(DENIED_COMMANDS), ...TOOL_CALLS.map(([, , , rule]) => rule)]);
    for (const [rule, advice] of Object.entries(guard.RULES)) {
      expect(advice).toMatch(/^[A-Z].{20,}[.!]$/);
      // It stands for a fault of the guard, which no call is known to bring about.
      if (rule !== 'internal') expect([...shown]).toContain(rule);
    }
  });
});

describe('the script', () => {
  it('allows a harmless call silently', async () => {
    expect(await runHook(SCRIPT, event('npm test'), around.env)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each(['rm -rf .git', 'git push', 'cat .env', 'echo "a', '$X', 'sudo ls', 'env'])('denies: %s', async (command) => {
    expectDenial(await runHook(SCRIPT, event(command), around.env));
  });

  it('names the rule and what to do, and quotes none of the call', async () => {
    const reason = expectDenial(
      await runHook(SCRIPT, event('cat .env # hunter2'), { ...around.env, AUTOMATION_AGENT_TOKEN: 'the-token' }),
    );
    expect(reason).toContain('read-secret');
    expect(reason).toContain('.env.example');
    expect(reason).not.toMatch(/hunter2|the-token/);
  });

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no JSON', 'rm -rf /'],
    ['JSON that breaks off', '{"hook_event_name":"PreToolUse",'],
    ['a list', '[]'],
    ['null', 'null'],
    ['bytes that are no text', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
    ['no event name', JSON.stringify({ cwd: '/', tool_name: 'Bash', tool_input: { command: 'ls' } })],
    ['another event', JSON.stringify({ hook_event_name: 'Stop', cwd: '/' })],
    ['no tool', JSON.stringify({ hook_event_name: 'PreToolUse', cwd: '/', tool_input: {} })],
    ['no input', JSON.stringify({ hook_event_name: 'PreToolUse', cwd: '/', tool_name: 'Bash' })],
    [
      'an input that is a list',
      JSON.stringify({ hook_event_name: 'PreToolUse', cwd: '/', tool_name: 'Bash', tool_input: [] }),
    ],
    ['no folder', JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command: 'ls' } })],
    [
      'a folder that is relative',
      JSON.stringify({ hook_event_name: 'PreToolUse', cwd: 'x', tool_name: 'Read', tool_input: { file_path: 'a' } }),
    ],
    [
      'a command that is no text',
      JSON.stringify({ hook_event_name: 'PreToolUse', cwd: '/', tool_name: 'Bash', tool_input: { command: 7 } }),
    ],
    ['far too much', ' '.repeat(33 * 1024 * 1024)],
  ])('denies what it cannot read: %s', async (_, input) => {
    expectDenial(await runHook(SCRIPT, input, around.env));
  });

  it('denies if its input never ends', async () => {
    expectDenial(await runHook(SCRIPT, null, around.env));
  });

  it('denies if part of it is missing or broken', async () => {
    const alone = join(around.base, 'alone');
    await mkdir(alone);
    await cp(SCRIPT, join(alone, 'security_check.mjs'));
    expectDenial(await runHook(join(alone, 'security_check.mjs'), event('npm test'), around.env));
    // The parser is not found where there are no node_modules.
    await cp(`${KIT}/scripts/guard`, join(alone, 'guard'), { recursive: true });
    expectDenial(await runHook(join(alone, 'security_check.mjs'), event('npm test'), around.env));
    await writeFile(join(alone, 'guard/answer.mjs'), 'export {');
    expectDenial(await runHook(join(alone, 'security_check.mjs'), event('npm test'), around.env));
    await writeFile(join(alone, 'guard/answer.mjs'), 'export function answer() { throw new Error("x"); }');
    expectDenial(await runHook(join(alone, 'security_check.mjs'), event('npm test'), around.env));
    await writeFile(join(alone, 'guard/answer.mjs'), 'export function answer() { for (;;); }');
    expectDenial(await runHook(join(alone, 'security_check.mjs'), event('npm test'), around.env));
    await rm(alone, { recursive: true });
  });

  it('logs decision and rule, and never the call', async () => {
    await runHook(SCRIPT, event('npm test -- hunter2'), around.env);
    await runHook(SCRIPT, event('cat .env # hunter2'), around.env);
    const text = await readFile(join(around.base, 'hooks/security_check.log'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.slice(-2)).toEqual([
      { at: expect.any(String), session: 'of-the-test', tool: 'Bash', decision: 'allow', rule: null },
      { at: expect.any(String), session: 'of-the-test', tool: 'Bash', decision: 'deny', rule: 'read-secret' },
    ]);
    expect(text).not.toContain('hunter2');
  });

  it('starts a new log when one is full, and works without a log', async () => {
    const log = join(around.base, 'hooks/security_check.log');
    await writeFile(log, 'x'.repeat(1024 * 1024 + 1));
    await runHook(SCRIPT, event('npm test'), around.env);
    expect((await readFile(log, 'utf8')).split('\n')).toHaveLength(2);
    expect((await readFile(`${log}.1`, 'utf8')).length).toBe(1024 * 1024 + 1);
    const nowhere = { ...around.env, AUTOMATION_HOOK_STATE_DIR: '/dev/null/x' };
    expect((await runHook(SCRIPT, event('npm test'), nowhere)).code).toBe(0);
    expectDenial(await runHook(SCRIPT, event('git push'), nowhere));
  });
});

describe('the start of a session', () => {
  const start = JSON.stringify({ hook_event_name: 'SessionStart', cwd: around.places.project, source: 'startup' });

  it('shows that the guard is loaded and works, and its hash', async () => {
    const { code, stdout } = await runHook(BUNDLE, start, around.env);
    expect(code).toBe(0);
    const sha256 = createHash('sha256')
      .update(await readFile(BUNDLE))
      .digest('hex');
    expect(JSON.parse(stdout)).toMatchObject({ guard: 'automation-kit', version: expect.any(Number), sha256 });
    expect((await runHook(SCRIPT, start, around.env)).code).toBe(0);
  });

  it('fails if the guard does not work', async () => {
    const blind = join(around.base, 'blind');
    await cp(`${KIT}/scripts`, blind, { recursive: true });
    await writeFile(join(blind, 'guard/decide.mjs'), 'export const decide = () => ({ allow: true });');
    expect((await runHook(join(blind, 'security_check.mjs'), start, around.env)).code).not.toBe(0);
    await rm(blind, { recursive: true });
  });
});

describe('the bundle', () => {
  let copy: string;
  beforeAll(async () => {
    copy = join(around.base, 'copy.mjs');
    await cp(BUNDLE, copy);
  });

  it('works anywhere, without our node_modules', async () => {
    expect(await runHook(copy, event('git add -A && git commit -m "rm -rf"'), around.env)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expectDenial(await runHook(copy, event('bash -c "git push"'), around.env));
    expectDenial(await runHook(copy, '', around.env));
  });

  it('includes the licence of the parser', async () => {
    expect(await readFile(copy, 'utf8')).toMatch(/Contains unbash [\d.]+, ISC:[\s\S]+Lars Kappert[\s\S]+WARRANTIES/);
  });
});
