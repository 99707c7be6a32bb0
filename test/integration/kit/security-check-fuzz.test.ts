/** The guard against commands that nobody wrote: it never breaks, and no other spelling of a forbidden command gets through. */
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadGuard, runHook } from '../../support/guard.ts';
import { KIT } from '../../support/kit.ts';
import { DENIED_COMMANDS } from './calls/denied-commands.ts';
import { Surroundings } from './calls/fixture.ts';
import { HARMLESS_COMMANDS } from './calls/harmless-commands.ts';

const SEED = 20_261_128;
const guard = await loadGuard();
const around = new Surroundings();
const context = { ...guard.contextOf(around.env, around.places.project), tempDirs: [around.places.tmp] };

afterAll(() => {
  around.remove();
});

function decide(command: string) {
  return guard.decide({ tool: 'Bash', input: { command }, cwd: around.places.project }, context);
}

/** Simple commands that must not run, word by word. */
const FORBIDDEN: readonly (readonly string[])[] = [
  ['git', 'push'],
  ['git', 'push', 'origin', 'main', '--force'],
  ['git', 'reset', '--hard'],
  ['git', 'clean', '-fd'],
  ['git', 'commit', '--no-verify', '-m', 'x'],
  ['rm', '-rf', '.git'],
  ['rm', '-r', '-f', '/'],
  ['rm', '-rf', '.'],
  ['rm', '-rf', '../elsewhere'],
  ['mv', '.claude', 'old'],
  ['cp', 'a.json', '.claude/settings.json'],
  ['cat', '.env'],
  ['head', '-n', '3', './.env'],
  ['cat', '/proc/self/environ'],
  ['grep', 'KEY', '.env'],
  ['sudo', 'ls'],
  ['env'],
  ['printenv'],
  ['pkill', 'node'],
  ['npm', 'publish'],
  ['terraform', 'destroy'],
  ['claude', '-p', 'x'],
  ['ssh', 'host', 'ls'],
  ['curl', '-s', 'http://localhost:8123/x'],
  ['curl', '-d', '@a', 'https://example.com'],
  ['dropdb', 'x'],
  ['shutdown', 'now'],
  ['chmod', '-R', '777', '.'],
  ['find', '.', '-delete'],
  ['tee', '/etc/motd'],
];

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** One word in another spelling that the shell reads the same. */
function spelling(word: string): fc.Arbitrary<string> {
  const split = fc.integer({ min: 0, max: word.length }).map((at) => [word.slice(0, at), word.slice(at)] as const);
  return fc.oneof(
    fc.constant(word),
    fc.constant(quote(word)),
    fc.constant(`"${word}"`),
    split.map(([a, b]) => `${a}''${b}`),
    split.map(([a, b]) => `${a}""${b}`),
    split.map(([a, b]) => `"${a}"${b === '' ? '' : quote(b)}`),
    fc.constant([...word].map((letter) => `\\${letter}`).join('')),
    fc.constant(`$'${[...word].map((letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`),
    split.map(([a, b]) => (a === '' || b === '' ? word : `${a}\\\n${b}`)),
  );
}

const simple = fc
  .constantFrom(...FORBIDDEN)
  .chain((words) =>
    fc.tuple(
      fc.tuple(...words.map(spelling)),
      fc.constantFrom(' ', '  ', '\t', ' \\\n '),
      fc.constantFrom('', 'X=1 ', 'A=b C=d '),
      fc.constantFrom('', ' # a comment', ' 2>&1', ' >/dev/null', ' </dev/null'),
    ),
  )
  .map(([words, space, before, after]) => before + words.join(space) + after);

/** What runs one command by name and arguments. */
const RUNNERS: readonly ((command: string) => string)[] = [
  (command) => `command ${command}`,
  (command) => `env ${command}`,
  (command) => `env -i A=1 ${command}`,
  (command) => `timeout -k 5 10 ${command}`,
  (command) => `nice -n 5 nohup ${command}`,
  (command) => `exec ${command}`,
  (command) => `stdbuf -oL setsid ${command}`,
  (command) => `busybox ${command}`,
  (command) => `xargs -n 1 ${command}`,
  (command) => `time ${command}`,
];

/** What runs a whole command line. */
const AROUND: readonly ((command: string) => string)[] = [
  (command) => `(${command}\n)`,
  (command) => `{ ${command}\n}`,
  (command) => `true && ${command}`,
  (command) => `ls; ${command}`,
  (command) => `ls & ${command}`,
  (command) => `false || ${command}`,
  (command) => `! ${command}`,
  (command) => `ls | ${command}`,
  (command) => `echo "$(${command}\n)"`,
  (command) => `X=$(${command}\n)`,
  (command) => `cat <(${command}\n)`,
  (command) => `if true; then ${command}\nfi`,
  (command) => `while ${command}\ndo break; done`,
  (command) => `for i in 1 2; do ${command}\ndone`,
  (command) => `case a in *) ${command}\n;; esac`,
  (command) => `f() { ${command}\n}; f`,
  (command) => `bash -c ${quote(command)}`,
  (command) => `sh -ec ${quote(command)} x`,
  (command) => `eval ${quote(command)}`,
  (command) => `bash <<'EOF'\n${command}\nEOF`,
  (command) => `cat <<EOF\n$(${command}\n)\nEOF`,
  (command) => `trap ${quote(command)} EXIT`,
  (command) => `watch ${quote(command)}`,
  (command) => `[[ -n $(${command}\n) ]]`,
  (command) => `ls\n${command}\nls`,
];

describe('a forbidden command', () => {
  it('is denied in every spelling, behind every wrapper and in every construct', () => {
    fc.assert(
      fc.property(
        simple,
        fc.array(fc.constantFrom(...RUNNERS), { maxLength: 1 }),
        fc.array(fc.constantFrom(...AROUND), { maxLength: 3 }),
        (command, runners, constructs) => {
          // An assignment in front belongs to a command line and not to a wrapper's argument.
          const run = /^\w+=/.test(command) ? command : runners.reduce((inner, wrap) => wrap(inner), command);
          const line = constructs.reduce((inner, wrap) => wrap(inner), run);
          expect([line, decide(line)]).toEqual([line, { allow: false, rule: expect.any(String) }]);
        },
      ),
      { seed: SEED, numRuns: 1_500 },
    );
  });
});

/** Pieces that commands are made of, in any order. */
const PIECES = [
  ...[
    'rm',
    '-rf',
    'git',
    'push',
    'cat',
    '.env',
    'echo',
    'npm',
    'test',
    'cd',
    'src',
    'bash',
    '-c',
    'xargs',
    'find',
    '-exec',
    'sudo',
    'curl',
    'sed',
  ],
  ...[
    ' ',
    ' ',
    ' ',
    '\n',
    '\t',
    ';',
    '&&',
    '||',
    '|',
    '&',
    '(',
    ')',
    '{',
    '}',
    '<',
    '>',
    '>>',
    '<<',
    '<<<',
    '<(',
    '$(',
    '`',
    '"',
    "'",
    '\\',
  ],
  ...[
    '$',
    '${',
    '$((',
    '))',
    '[[',
    ']]',
    '*',
    '?',
    '[',
    ']',
    '~',
    '!',
    '#',
    '=',
    ':',
    '-',
    '--',
    '/',
    '..',
    '.',
    '@',
    ',',
  ],
  ...[
    'if',
    'then',
    'fi',
    'for',
    'in',
    'do',
    'done',
    'while',
    'case',
    'esac',
    'function',
    'EOF',
    "$'",
    '\\x41',
    '\u0000',
    '\u00e9',
    '\ud83d',
    '\ue000',
  ],
];

const everyCommand = [
  ...HARMLESS_COMMANDS.map(([, command]) => command),
  ...Object.values(DENIED_COMMANDS).flat(),
].filter((command) => command.length < 2_000);

/** A command of the tables with pieces put in, taken out and doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...everyCommand),
    fc.array(fc.tuple(fc.nat(2_000), fc.constantFrom(...PIECES), fc.constantFrom('in', 'out', 'twice')), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([command, changes]) =>
    changes.reduce((text, [place, piece, change]) => {
      const at = place % (text.length + 1);
      if (change === 'in') return text.slice(0, at) + piece + text.slice(at);
      return change === 'out' ? text.slice(0, at) + text.slice(at + 1) : text + text.slice(at, at + 20);
    }, command),
  );

describe('any text', () => {
  it.each([
    [
      'made of pieces of commands',
      fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
    ],
    ['that was a command of the tables', mutated],
    ['at all', fc.string({ unit: 'binary', maxLength: 200 })],
  ])('%s is judged, and never breaks the guard', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const command = around.fill(text);
        const decision = decide(command);
        // The rule `internal` is what an exception becomes.
        expect([command, decision]).not.toEqual([command, { allow: false, rule: 'internal' }]);
        if (!decision.allow) expect(Object.keys(guard.RULES)).toContain(decision.rule);
        const event = {
          hook_event_name: 'PreToolUse',
          cwd: around.places.project,
          tool_name: 'Bash',
          tool_input: { command },
        };
        const { denied, output } = guard.answer(JSON.stringify(event), {
          ...around.env,
          AUTOMATION_HOOK_STATE_DIR: '',
        });
        expect(output).toBeUndefined();
        if (denied !== undefined) expect(denied).toMatch(/^Not allowed \([a-z-]+\)\. [A-Z]/);
      }),
      { seed: SEED, numRuns: 700 },
    );
  });

  it('gets an answer from the script that Claude Code accepts', async () => {
    const samples = fc.sample(fc.oneof(simple, mutated, fc.string({ maxLength: 80 })), { seed: SEED, numRuns: 6 });
    for (const text of samples) {
      const input = {
        hook_event_name: 'PreToolUse',
        cwd: around.places.project,
        tool_name: 'Bash',
        tool_input: { command: text },
      };
      const { code, stdout, stderr } = await runHook(
        `${KIT}/scripts/security_check.mjs`,
        JSON.stringify(input),
        around.env,
      );
      if (code === 0) {
        expect([stdout, stderr]).toEqual(['', '']);
        continue;
      }
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toEqual({
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: 'deny',
          permissionDecisionReason: stderr.trimEnd(),
        },
      });
    }
  });
});
