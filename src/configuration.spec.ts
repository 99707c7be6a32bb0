/** Every variable that the service and the worker read, with values that it may not have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connectKeysApi } from './cli/keys-api.ts';
import { readConfig } from './config.ts';
import { ConfigError } from './configuration/variables.ts';
import { readWorkerConfig } from './worker/config.ts';

type Environment = Readonly<Record<string, string>>;

const CANARY = 'ghp_canary0123456789abcdefghijklmnopqrst';
/** Given to every variable: what somebody mistypes, or pastes into the wrong line. */
const ODD = ['abc', '-1', '0', '1000000000', '1.5', CANARY];
const ANY = ODD;
const NAMES = ['abc', '0', '1000000000', '1.5', CANARY];

interface Row {
  /** A value that it may have. */
  readonly good: string;
  /** What of the odd ones it may have as well. */
  readonly takes?: readonly string[];
  /** Other values that it may not have. */
  readonly refuses?: readonly string[];
  /** From the line that refuses one. */
  readonly wanted: string;
  /** What it needs beside it. */
  readonly beside?: Environment;
}

const WHOLE = 'a whole number from';
const SWITCH: Row = { good: 'true', refuses: ['TRUE', 'yes', '1'], wanted: 'true or false' };
const RATE: Row = { good: 'off', refuses: ['1000001'], wanted: 'a whole number from 1 to 1000000, or off' };
const PLACE: Row = { good: 'folder', takes: ANY, wanted: 'without control characters' };
const FOUND: Row = { good: '/', wanted: 'that is there' };
const COMMAND: Row = { good: '["gh", "{id}"]', refuses: ['[]', '{}', '[1]', '["{id}"]'], wanted: 'a JSON array' };
const SECONDS: Row = { good: '5', takes: ['0'], wanted: WHOLE };
const ISSUER = { AUTOMATION_OIDC_ISSUER: 'https://login.example', AUTOMATION_OIDC_AUDIENCE: 'us' };
const QUEUE: Row = { good: 'https://sqs.eu-central-1.amazonaws.com/1/q', wanted: 'the URL of an SQS queue' };
const LEVEL: Row = { good: 'debug', refuses: ['DEBUG'], wanted: 'one of fatal, error, warn' };

const SERVICE: Readonly<Record<string, Row>> = {
  HOST: { good: 'localhost', refuses: ['0.0.0.0', 'a b'], wanted: 'address' },
  PORT: { good: '8080', takes: ['0'], refuses: ['65536', '0x50'], wanted: 'a whole number from 0 to 65535' },
  DATA_DIR: PLACE,
  EVENTSTORE_CONNECTION_STRING: {
    good: 'esdb://host:2113?tls=false',
    refuses: [`esdb://me:${CANARY}#@host`, `http://${CANARY}`],
    wanted: 'esdb://[user:password@]host:port',
  },
  EVENTSTORE_STREAM_CATEGORY: { good: 'a_b', takes: NAMES, refuses: ['a-b'], wanted: 'letters, digits, underscores' },
  DATABASE_URL: {
    good: 'postgres://me@host/database',
    refuses: [`postgres:///me:${CANARY}@host`, `mysql://me:${CANARY}@host`],
    wanted: 'postgres://user:password@host:5432/database',
  },
  DATABASE_SCHEMA: { good: 'automation', takes: ['abc', CANARY], refuses: ['A', 'a"b'], wanted: 'a lower-case name' },
  AWS_SQS_AUTOMATION_QUEUE_URL: QUEUE,
  AUTOMATION_SECRET_FILE: PLACE,
  AUTOMATION_PROOF_KEY_FILE: PLACE,
  AUTOMATION_PROOF_ORIGIN: {
    good: 'log.example.org/automation',
    takes: NAMES,
    refuses: ['a b', 'a+b', 'ä'],
    wanted: 'a name such as',
  },
  AUTOMATION_API_KEYS_FILE: { good: '', wanted: 'a file that' },
  AUTOMATION_OIDC_ISSUER: {
    good: ISSUER.AUTOMATION_OIDC_ISSUER,
    beside: ISSUER,
    refuses: ['http://login.example', `https://me:${CANARY}@login.example`, 'https://login.example?a'],
    wanted: 'an https URL',
  },
  AUTOMATION_OIDC_AUDIENCE: { good: 'us', takes: ANY, beside: ISSUER, wanted: 'without control characters' },
  AUTOMATION_OIDC_ROLES_CLAIM: {
    good: 'realm_access.roles',
    takes: ANY,
    beside: ISSUER,
    refuses: ['a b', 'a..b'],
    wanted: 'names joined by dots',
  },
  AUTOMATION_OIDC_PRINCIPAL_CLAIM: {
    good: 'sub',
    takes: ANY,
    beside: ISSUER,
    refuses: ['a b'],
    wanted: 'the name of a claim',
  },
  AUTOMATION_OIDC_ROLE_MAP: {
    good: 'engineers=operator,ops=admin',
    beside: ISSUER,
    refuses: ['a=root', '=admin', 'a=admin,'],
    wanted: 'pairs such as',
  },
  AUTOMATION_FOUR_EYES: SWITCH,
  AUTOMATION_OWN_ONLY: SWITCH,
  AUTOMATION_RATE_LIMIT: RATE,
  AUTOMATION_RATE_LIMIT_UNAUTHENTICATED: RATE,
  AUTOMATION_OPEN_REQUESTS: RATE,
  AUTOMATION_TRUSTED_PROXIES: {
    good: '1',
    takes: ['0'],
    refuses: ['10', 'true'],
    wanted: 'a whole number from 0 to 9',
  },
  AUTOMATION_CORS_ORIGINS: {
    good: 'https://a.example, http://localhost:3000',
    refuses: ['*', 'https://a.example/', 'https://a.example,'],
    wanted: 'origins such as',
  },
  AUTOMATION_MAX_ATTEMPTS: { good: '3', refuses: ['101'], wanted: 'a whole number from 1 to 100' },
  AUTOMATION_AS_OF_DAYS: { good: '400', refuses: ['0', '36501'], wanted: 'a whole number from 1 to 36500' },
  AUTOMATION_REQUIRE_APPROVAL: SWITCH,
  AUTOMATION_REBUILD_ON_FOREIGN_LOG: SWITCH,
  LOG_LEVEL: LEVEL,
};

const WORKER: Readonly<Record<string, Row>> = {
  AUTOMATION_API_URL: { good: 'https://api.example', refuses: [`ftp://${CANARY}`, 'http://'], wanted: 'a URL such as' },
  AUTOMATION_API_KEY_FILE: FOUND,
  AUTOMATION_WORKER_NAME: { good: 'w-1', takes: NAMES, refuses: ['../w', 'a b'], wanted: 'letters, digits, dots' },
  AUTOMATION_WORKER_CONCURRENCY: { good: '2', refuses: ['65'], wanted: 'a whole number from 1 to 64' },
  AUTOMATION_WORKER_STATE_DIR: PLACE,
  AUTOMATION_WORKER_LEASE_SECONDS: { good: '15', refuses: ['14', '3601'], wanted: WHOLE },
  AUTOMATION_WORKER_SWEEP_SECONDS: { good: '1', refuses: ['3601'], wanted: WHOLE },
  AUTOMATION_WORKER_DRAIN_SECONDS: SECONDS,
  AUTOMATION_WORKER_PAUSE_SCALE: { good: '0.5', takes: ['1.5'], refuses: ['11'], wanted: 'a number from 0.001 to 10' },
  AUTOMATION_QUEUE_WAIT_SECONDS: { good: '20', takes: ['0'], refuses: ['21'], wanted: WHOLE },
  AUTOMATION_CLAUDE_PROGRAM: {
    good: 'claude',
    takes: NAMES,
    refuses: ['/nowhere/claude'],
    wanted: 'the name or path of a program',
  },
  AUTOMATION_CLAUDE_MODEL: { good: 'sonnet', takes: NAMES, refuses: ['a b'], wanted: 'the name of a model' },
  AUTOMATION_CLAUDE_MAX_TURNS: { good: '40', takes: ['0'], refuses: ['100001'], wanted: WHOLE },
  AUTOMATION_CLAUDE_MAX_BUDGET_USD: {
    good: '2.50',
    takes: ['1.5'],
    refuses: ['1e3', '0.0'],
    wanted: 'an amount such as',
  },
  AUTOMATION_CLAUDE_TOOLS: {
    good: 'Read, Bash(npm test:*)',
    takes: ['abc', CANARY],
    refuses: ['Read,'],
    wanted: 'names of tools',
  },
  AUTOMATION_AGENT_HOME: FOUND,
  AUTOMATION_AGENT_COMMAND: COMMAND,
  AUTOMATION_AGENT_OUTPUT: { good: 'text', refuses: ['json'], wanted: 'stream-json or text' },
  AUTOMATION_AGENT_DIR: FOUND,
  AUTOMATION_AGENT_ENV: {
    good: 'A, B_*',
    takes: ['abc', CANARY],
    refuses: ['A,B C', 'A=b'],
    wanted: 'names of variables',
  },
  AUTOMATION_AGENT_USER: { good: 'nobody', takes: ['abc'], refuses: ['a b'], wanted: 'the name of a user' },
  AUTOMATION_AGENT_TOTAL_SECONDS: SECONDS,
  AUTOMATION_AGENT_SILENCE_SECONDS: SECONDS,
  AUTOMATION_AGENT_FIRST_OUTPUT_SECONDS: SECONDS,
  AUTOMATION_AGENT_GRACE_SECONDS: SECONDS,
  AUTOMATION_AGENT_AFTER_RESULT_SECONDS: SECONDS,
  AUTOMATION_REPOSITORY: {
    good: `https://me:${CANARY}@git.example/a`,
    refuses: [`https://git.example/a?token=${CANARY}`, `ssh://me:${CANARY}@git.example/a`, 'ext::sh -c x'],
    wanted: 'a git URL',
  },
  AUTOMATION_BASE_BRANCH: { good: 'main', takes: NAMES, refuses: ['a..b', 'a b'], wanted: 'the name of a branch' },
  AUTOMATION_BRANCH_PREFIX: {
    good: 'a/',
    takes: NAMES,
    refuses: ['/', 'a b'],
    wanted: 'the beginning of a branch name',
  },
  AUTOMATION_CI_PATHS: { good: 'allow', refuses: ['Hold'], wanted: 'hold or allow' },
  AUTOMATION_COMMIT_MIB: { good: '1', refuses: ['65537'], wanted: WHOLE },
  AUTOMATION_KEPT_CLONES_MIB: { good: '1', takes: ['0'], wanted: WHOLE },
  AUTOMATION_PUBLISH_COMMAND: COMMAND,
  AUTOMATION_PUBLISH_SECONDS: { ...SECONDS, refuses: ['3601'] },
  AWS_SQS_AUTOMATION_QUEUE_URL: QUEUE,
  LOG_LEVEL: LEVEL,
};

/** A file that is there, and holds no key and no secret. */
const FILE = import.meta.filename;

const KEYS: Readonly<Record<string, Row>> = {
  AUTOMATION_API_URL: {
    good: 'http://127.0.0.1:9',
    refuses: [`ftp://${CANARY}`, 'localhost:8000'],
    wanted: 'a URL such as',
  },
  AUTOMATION_API_KEY_FILE: { good: FILE, wanted: 'a file with a key' },
  AUTOMATION_SECRET_FILE: { good: '', refuses: [FILE], wanted: 'a file with the secret' },
  DATA_DIR: PLACE,
};

const READERS = [
  ['the service', SERVICE, (environment: Environment) => readConfig(environment)],
  ['the worker', WORKER, (environment: Environment) => readWorkerConfig([], environment)],
  ['the keys', KEYS, (environment: Environment) => connectKeysApi(environment)],
] as const;

async function problemsOf(read: (it: Environment) => unknown, environment: Environment): Promise<readonly string[]> {
  try {
    await read(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe.each(READERS)('a variable of %s', (_, table, read) => {
  const rows = Object.entries(table);

  it('is in this table', async () => {
    const asked = new Set<string>();
    const noting = new Proxy<Record<string, string>>({}, { get: (__, name) => void asked.add(String(name)) });
    await read(noting);
    expect([...asked].sort()).toEqual(rows.map(([name]) => name).sort());
  });

  it.each(rows)('may be empty, blank or surrounded by blanks: %s', async (name, { good, beside = {} }) => {
    for (const value of ['', ' ', '\t\n', good, ` ${good}\t`]) {
      // Without an issuer, what belongs to it is out of place.
      if (value.trim() === '' && name in beside) continue;
      expect(await problemsOf(read, { ...beside, [name]: value })).toEqual([]);
    }
  });

  it.each(rows)(
    'is refused in one line that says what is wanted and does not quote the value: %s',
    async (name, row) => {
      const { good, takes = [], refuses = [], wanted, beside = {} } = row;
      for (const value of ODD.filter((odd) => takes.includes(odd))) {
        expect([value, await problemsOf(read, { ...beside, [name]: value })]).toEqual([value, []]);
      }
      for (const value of [...ODD.filter((odd) => !takes.includes(odd)), ...refuses]) {
        const problems = await problemsOf(read, { ...beside, [name]: value });
        expect([value, problems]).toEqual([value, [expect.stringContaining(wanted)]]);
        expect(problems[0]).toMatch(new RegExp(`^${name} [^\\n]+\\.$`));
        expect(problems[0]).not.toContain(CANARY);
      }
      for (const control of ['\0', '\x07', '\x1b[31m', '\x7f', '\x85']) {
        const problems = await problemsOf(read, { ...beside, [name]: `${good}${control}${CANARY}` });
        expect([control, problems]).toEqual([
          control,
          [expect.stringMatching(new RegExp(`^${name} [^\\n\\p{Cc}]+\\.$`, 'u'))],
        ]);
        expect(problems[0]).not.toContain(CANARY);
      }
    },
  );
});

describe('the example environment', () => {
  const lines = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8').split('\n');
  const given = lines.flatMap((line) => (/^(?:# )?([A-Z_]+)=(.*)$/.exec(line) ? [line.replace(/^# /, '')] : []));
  const pairs = given.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);

  it('has every variable of the service, and no other', () => {
    const names = new Set(pairs.map(([name]) => name));
    expect(Object.keys(SERVICE).filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !(name in SERVICE) && !(name in WORKER))).toEqual([]);
  });

  it.each(pairs.filter(([name]) => !name.endsWith('_FILE')))('is valid as it is: %s=%s', async (name, value) => {
    const beside = SERVICE[name]?.beside ?? {};
    const read = name in SERVICE ? readConfig : (environment: Environment) => readWorkerConfig([], environment);
    expect(await problemsOf((environment) => read(environment), { ...beside, [name]: value })).toEqual([]);
  });
});
