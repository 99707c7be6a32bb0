import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../configuration/variables.ts';
import { readWorkerConfig } from './config.ts';

function problemsOf(args: readonly string[], environment: Record<string, string>): readonly string[] {
  try {
    readWorkerConfig(args, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the configuration of a worker', () => {
  it('needs nothing: it polls the service of this machine and runs Claude Code', () => {
    const config = readWorkerConfig([], {});
    expect(config).toMatchObject({
      apiUrl: 'http://127.0.0.1:8000',
      queueUrl: null,
      concurrency: 1,
      sweepMs: 2_000,
      agentOutput: 'stream-json',
    });
    expect(config?.agentCommand.slice(0, 3)).toEqual(['claude', '-p', '/process-request {id}']);
    expect(config?.claude).toMatchObject({ program: 'claude', model: null, maxTurns: 500, maxBudgetUsd: null });
  });

  it('sets the program of Claude Code and the limits of its runs', () => {
    const flags = ['--claude', process.execPath, '--model', 'sonnet', '--max-turns', '40', '--max-budget-usd', '2.50'];
    const config = readWorkerConfig(flags, { AUTOMATION_CLAUDE_TOOLS: 'Read, Bash(npm test:*)' });
    expect(config?.agentCommand[0]).toBe(process.execPath);
    const words = config?.agentCommand.join(' ');
    expect(words).toContain('--model sonnet --max-turns 40 --max-budget-usd 2.5');
    expect(words).toContain('--allowedTools Read,Bash(npm test:*) ');
    expect(words).toContain('--setting-sources user');
    expect(readWorkerConfig(['--max-turns', '0'], {})?.agentCommand).not.toContain('--max-turns');
    expect(problemsOf(['--max-budget-usd=-1', '--model=--evil', '--claude', '/nowhere/claude'], {})).toHaveLength(3);
  });

  it('polls the list once a minute if there is a queue', () => {
    expect(readWorkerConfig([], { AWS_SQS_AUTOMATION_QUEUE_URL: 'https://sqs.example/1/q' })?.sweepMs).toBe(60_000);
  });

  it('prefers the command line to the environment', () => {
    expect(readWorkerConfig(['--concurrency', '3'], { AUTOMATION_WORKER_CONCURRENCY: '2' })?.concurrency).toBe(3);
  });

  it('reads the output of other agents as text', () => {
    expect(readWorkerConfig([], { AUTOMATION_AGENT_COMMAND: '["aider", "{id}"]' })).toMatchObject({
      claude: null,
      agentCommand: ['aider', '{id}'],
      agentOutput: 'text',
    });
  });

  it('returns null for --help', () => {
    expect(readWorkerConfig(['--help'], { PORT: 'x' })).toBeNull();
  });

  it('names every problem at once', () => {
    const problems = problemsOf(['--concurrency', '0', '--nonsense'], {
      AUTOMATION_API_URL: 'ftp://x',
      AUTOMATION_AGENT_COMMAND: 'claude -p',
      AUTOMATION_WORKER_NAME: '../x',
      AUTOMATION_AGENT_ENV: 'A,B C',
    });
    expect(problems).toHaveLength(5);
    for (const name of [
      '--nonsense',
      'AUTOMATION_API_URL',
      'AUTOMATION_AGENT_COMMAND',
      'AUTOMATION_WORKER_NAME',
      'AUTOMATION_AGENT_ENV',
    ]) {
      expect(problems.join('\n')).toContain(name);
    }
  });

  it.each(['[]', '{}', '[1]', '[""]', '["{id}"]', '["a\\u0000"]', '"claude"'])('refuses %s as a command', (command) => {
    expect(problemsOf([], { AUTOMATION_AGENT_COMMAND: command })).toHaveLength(1);
  });
});

describe('the place of a repository', () => {
  it.each([
    'https://git.example/a/b.git',
    'https://user:secret@git.example/a',
    'ssh://git@git.example/a/b',
    'git@git.example:a/b.git',
    'file:///srv/a.git',
    '/',
  ])('can be %s', (place) => {
    expect(problemsOf([], { AUTOMATION_REPOSITORY: place })).toEqual([]);
  });

  it.each([
    'ssh://user:secret@git.example/a',
    'https://git.example/a?token=secret',
    'https://git.example/a#main',
    '--upload-pack=x',
    'ext::sh -c x',
    'a b',
    '/nowhere/at/all',
    'http://',
  ])('cannot be %s', (place) => {
    expect(problemsOf([], { AUTOMATION_REPOSITORY: place })).toHaveLength(1);
  });

  it.each([
    ['https://user:secret@git.example/a', { username: 'user', password: 'secret' }],
    ['https://t%40ken@git.example/a', { username: 't@ken', password: null }],
    ['https://git.example/a', null],
  ])('is kept apart from the credentials in %s', (place, credentials) => {
    expect(readWorkerConfig([], { AUTOMATION_REPOSITORY: place })).toMatchObject({
      repository: 'https://git.example/a',
      repositoryCredentials: credentials,
    });
  });

  it.each(['https://user:secret@git.example/a', 'https://ghp_0123456789abcdef0123@git.example/a'])(
    'is refused on the command line, which everyone can read, with the credentials in %s',
    (place) => {
      expect(problemsOf(['--repository', place], {})).toEqual([expect.stringContaining('by the variable')]);
      expect(problemsOf(['--repository', place], {}).join()).not.toContain('git.example');
    },
  );

  it.each(['--force', 'a..b', 'a b', 'a.lock', 'a//b', 'refs/'])('has no branch %s', (branch) => {
    expect(problemsOf([], { AUTOMATION_BASE_BRANCH: branch })).toHaveLength(1);
  });
});
