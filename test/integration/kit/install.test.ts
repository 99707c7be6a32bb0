/** `npm run kit`: the kit in a repository and in a config folder of Claude Code. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/kit.js', import.meta.url));
let folder: string;
let shop: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automation-install-test-'));
  shop = join(folder, 'shop');
  mkdirSync(join(shop, '.git'), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const kit = (...args: string[]) => kitWith({}, ...args);

function kitWith(env: Record<string, string>, ...args: string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, ...env },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

const read = (...path: string[]): string => readFileSync(join(shop, '.claude', ...path), 'utf8');
const settings = () => JSON.parse(read('settings.json'));

function write(path: string, content: string): void {
  mkdirSync(join(shop, '.claude', path, '..'), { recursive: true });
  writeFileSync(join(shop, '.claude', path), content);
}

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe('npm run kit', () => {
  it('installs commands, agents, scripts and hooks in a repository, without paths of this machine', () => {
    expect(kit('install', shop)).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['process-request', 'plan-feature', 'implement', 'test', 'research']) {
      expect(read('commands', `${name}.md`)).toBe(read('commands/project', `${name}.md`));
    }
    for (const name of ['research-agent', 'endpoint-builder', 'test-writer', 'documentation-agent'])
      expect(read('agents', `${name}.md`)).toContain(`name: ${name}`);
    for (const name of ['fetch_request', 'update_request_status', 'security_check', 'verify_completion'])
      expect(statSync(join(shop, '.claude/scripts', `${name}.mjs`)).mode & 0o111).not.toBe(0);
    expect(read('commands/process-request.md')).toContain('`node .claude/scripts/fetch_request.mjs $ARGUMENTS`');
    for (const file of ['settings.json', 'automation-kit.json', 'commands/process-request.md', 'agents/test-writer.md'])
      for (const path of [dirname(process.execPath), folder, dirname(PROGRAM)]) expect(read(file)).not.toContain(path);
    const [guard] = settings().hooks.PreToolUse;
    expect(guard).toEqual({
      matcher: '*',
      hooks: [
        {
          type: 'command',
          command: `node "$CLAUDE_PROJECT_DIR"/.claude/scripts/security_check.mjs`,
          timeout: 10,
          onFailure: 'block',
        },
      ],
    });
    expect(Object.keys(settings().hooks).sort()).toEqual(['PreToolUse', 'SessionStart', 'Stop']);
  });

  it('installs scripts that run without our node_modules', () => {
    kit('install', shop);
    const guard = (command: string) =>
      spawnSync(process.execPath, [join(shop, '.claude/scripts/security_check.mjs')], {
        cwd: shop,
        env: { PATH: process.env.PATH ?? '', HOME: folder, CLAUDE_PROJECT_DIR: shop },
        input: JSON.stringify({
          hook_event_name: 'PreToolUse',
          session_id: 's',
          cwd: shop,
          tool_name: 'Bash',
          tool_input: { command },
        }),
      }).status;
    expect(guard('npm test')).toBe(0);
    expect(guard('git push --force')).toBe(2);
  });

  it('uses absolute paths in a config folder', () => {
    const config = join(folder, 'my config');
    expect(kit('install', config).stdout).toContain('in the config folder');
    const text = readFileSync(join(config, 'commands/process-request.md'), 'utf8');
    expect(text).toContain(`node '${config}/scripts'/fetch_request.mjs $ARGUMENTS`);
    const { hooks } = JSON.parse(readFileSync(join(config, 'settings.json'), 'utf8'));
    expect(hooks.Stop[0].hooks[0].command).toBe(`node '${config}/scripts'/verify_completion.mjs`);
  });

  it('changes nothing when run again', () => {
    kit('install', shop);
    const before = read('settings.json');
    expect(kit('install', shop).stdout).toContain('Everything was up to date.');
    expect(read('settings.json')).toBe(before);
    expect(existsSync(join(shop, '.claude/settings.json.before-kit'))).toBe(false);
  });

  it('merges existing settings, and keeps a backup', () => {
    const mine = {
      model: 'opus',
      permissions: { allow: ['Bash(make:*)'], deny: ['Read(./.env)'] },
      hooks: {
        PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: './mine.sh' }] }],
        Stop: [
          { hooks: [{ type: 'command', command: 'node "$CLAUDE_PROJECT_DIR"/.claude/scripts/verify_completion.mjs' }] },
        ],
        Notification: [{ hooks: [{ type: 'command', command: 'beep' }] }],
      },
    };
    write('settings.json', JSON.stringify(mine));
    expect(kit('install', shop).stdout).toContain('settings.json.before-kit');
    expect(settings()).toMatchObject({
      model: 'opus',
      permissions: { allow: expect.arrayContaining(['Bash(make:*)']), deny: ['Read(./.env)'] },
      hooks: { Notification: mine.hooks.Notification },
    });
    expect(settings().hooks.PreToolUse).toHaveLength(2);
    expect(settings().hooks.PreToolUse[0]).toEqual(mine.hooks.PreToolUse[0]);
    expect(settings().hooks.Stop).toHaveLength(1);
    expect(JSON.parse(read('settings.json.before-kit'))).toEqual(mine);
    kit('install', shop);
    expect(settings().hooks.PreToolUse).toHaveLength(2);
    expect(settings().permissions.allow).toHaveLength(3);
  });

  it('writes nothing if the settings cannot be read, and warns if they disable hooks', () => {
    write('settings.json', '{ broken');
    const { code, stderr } = kit('install', shop);
    expect(code).toBe(1);
    expect(stderr).toContain('is not valid JSON');
    expect(existsSync(join(shop, '.claude/commands'))).toBe(false);
    write('settings.json', '{"disableAllHooks": true}');
    expect(kit('install', shop).stdout).toContain('Warning: settings.json sets disableAllHooks');
  });

  it('keeps changed files unless told to overwrite them', () => {
    kit('install', shop);
    write('commands/test.md', 'Run make check.\n');
    const again = kit('install', shop);
    expect(again.stdout).toContain('Kept because you changed them');
    expect(read('commands/test.md')).toBe('Run make check.\n');
    expect(kit('install', shop).stdout).toContain('commands/test.md');
    expect(kit('version', shop).stdout).toContain('Changed since: commands/test.md');
    kit('install', shop, '--overwrite');
    expect(read('commands/test.md')).toContain('whole test suite');
  });

  it('updates files of an earlier version', () => {
    kit('install', shop, '--node', process.execPath);
    expect(read('commands/test.md')).toContain(`${process.execPath} .claude/scripts/`);
    expect(settings().hooks.Stop[0].hooks[0].command).toContain(`${process.execPath} "$CLAUDE_PROJECT_DIR"`);
    const { stdout } = kit('install', shop);
    expect(stdout).not.toContain('Kept');
    expect(read('commands/test.md')).toContain('`node .claude/scripts/');
    expect(settings().permissions.allow).toHaveLength(2);
  });

  it('resolves the path of a Node against the current folder', () => {
    symlinkSync(process.execPath, join(folder, 'my-node'));
    expect(kitWith({ INIT_CWD: folder }, 'install', shop, '--node', './my-node').code).toBe(0);
    expect(read('commands/test.md')).toContain(`${folder}/my-node .claude/scripts/`);
  });

  it('writes nothing for a Node that does not run, is too old, or is not Node', () => {
    program('old-node', 'echo v18.20.4');
    program('no-node', 'echo hello');
    program('broken-node', 'exit 1');
    for (const [node, words] of [
      ['/opt/nowhere/node', 'cannot be run here (ENOENT)'],
      ['nonesuch-node', 'cannot be run here (ENOENT)'],
      ['./old-node', 'is Node v18.20.4, but the scripts need 20 or newer'],
      ['./no-node', 'is not Node'],
      ['./broken-node', 'cannot be run here'],
    ] as const) {
      const { code, stderr } = kit('install', shop, '--node', node);
      expect(stderr).toContain(words);
      expect(code).toBe(1);
    }
    expect(existsSync(join(shop, '.claude'))).toBe(false);
  });

  it("looks for node in the user's PATH, without what npm adds", () => {
    const own = join(folder, 'node_modules/.bin');
    mkdirSync(own, { recursive: true });
    symlinkSync(process.execPath, join(own, 'node'));
    program('node', 'echo v18.20.4');
    const { code, stderr } = kitWith({ PATH: `${own}:${folder}:/usr/bin:/bin` }, 'install', shop);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('node is Node v18.20.4') });
  });

  it('mentions no framework that the repository may not have', () => {
    kit('install', shop);
    const texts = ['implement', 'plan-feature', 'process-request', 'research', 'test'].map((it) =>
      read(`commands/${it}.md`),
    );
    expect(texts.join('\n')).not.toMatch(/nest|jest/i);
    for (const name of ['endpoint-builder', 'test-writer']) {
      const [, header = ''] = read('agents', `${name}.md`).split('---');
      expect(header).not.toMatch(/nest|jest/i);
      for (const file of [
        'pyproject.toml|pytest',
        'go.mod|go test',
        'Cargo.toml|cargo test',
        'pom.xml|Maven',
        'composer.json|PHPUnit',
      ])
        expect(read('agents', `${name}.md`)).toMatch(new RegExp(file));
    }
  });

  it('prints its version and the installed one', () => {
    const version = kit('version').stdout.trim();
    expect(version).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
    expect(kit('version', shop)).toMatchObject({ code: 1, stdout: expect.stringContaining('No kit is installed') });
    kit('install', shop);
    expect(kit('version', shop)).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('prints its usage', () => {
    expect(kit('--help').stdout).toContain('npm run kit -- install DIR');
    expect(kit()).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') });
    expect(kit('install', shop, '--nonsense').code).toBe(2);
  });
});
