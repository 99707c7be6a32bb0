import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AccessConfig } from './access/access-config.ts';
import { readAccessConfig } from './access/access-config.ts';
import {
  CONNECTION_STRING_FORM,
  parseConnectionString,
} from './infrastructure/event-store/thread/connection-string.ts';
import type { LogLevel } from './infrastructure/observability/logger.ts';
import { LOG_LEVELS } from './infrastructure/observability/logger.ts';
import { databaseUrlFault } from './infrastructure/postgres/database-url.ts';
import { QUEUE_URL_FORM, queueUrlOf } from './infrastructure/sqs/queue-url.ts';
import { hasControls, misspeltVariables, PATH_WANTED } from './variables.ts';

/** Nest's token for {@link Config}. */
export const CONFIG = Symbol('CONFIG');

/** The whole configuration of the service, checked once at start. See `.env.example` for what each variable means. */
export interface Config {
  readonly host: string;
  /** 0 takes a free port, which the log names. */
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  /** Null: the embedded node, with its data under `dataDir`. */
  readonly eventStoreConnectionString: string | null;
  readonly streamCategory: string;
  /** Null: the embedded PostgreSQL, with its data under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly databaseSchema: string;
  /** Null: requests are stored, and not queued. */
  readonly queueUrl: string | null;
  /** Null: made under `dataDir`. */
  readonly secretFile: string | null;
  readonly maxAttempts: number;
  readonly requireApproval: boolean;
  /** Whether a log that is not the database's is taken for a new beginning. */
  readonly rebuildOnForeignLog: boolean;
  readonly access: AccessConfig;
  readonly logLevel: LogLevel;
}

/** Every problem of a configuration at once, each a sentence that begins with the variable's name. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** Whether nobody from elsewhere can reach it. */
export function isLoopback({ host }: Config): boolean {
  return LOOPBACK.has(host);
}

/** Reads the environment. An empty variable counts as unset. Throws {@link ConfigError}, and never quotes a value that may be secret. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems = misspeltVariables(environment);
  const read = (name: string): string | null => {
    const text = environment[name]?.trim() ?? '';
    return text === '' ? null : text;
  };
  const check = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, wanted: string): T => {
    const text = read(name);
    if (text === null) return fallback;
    const value = hasControls(text) ? undefined : parse(text);
    if (value !== undefined) return value;
    problems.push(`${name} must be ${wanted}.`);
    return fallback;
  };

  const databaseUrl = read('DATABASE_URL');
  const databaseFault = databaseUrl === null ? null : databaseUrlFault(databaseUrl);
  if (databaseFault !== null) problems.push(`DATABASE_URL ${databaseFault}`);
  const access = readAccessConfig({ read, check, problem: (name, what) => problems.push(`${name} ${what}`) });
  const config: Config = {
    host: check('HOST', '127.0.0.1', matching(/^[A-Za-z0-9.:-]{1,253}$/), 'an address, or the name of one'),
    port: check('PORT', 8000, wholeNumber(0, 65_535), 'a whole number from 0 to 65535'),
    dataDir: check('DATA_DIR', resolve('.data'), (text) => resolve(text), PATH_WANTED),
    eventStoreConnectionString: check(
      'EVENTSTORE_CONNECTION_STRING',
      null,
      connectionString,
      `of the form ${CONNECTION_STRING_FORM}`,
    ),
    streamCategory: check(
      'EVENTSTORE_STREAM_CATEGORY',
      'automation_request',
      matching(/^[A-Za-z0-9_.]{1,100}$/),
      'letters, digits, underscores and dots, at most 100: the store takes what stands before the first dash as the category',
    ),
    databaseUrl,
    databaseSchema: check(
      'DATABASE_SCHEMA',
      'automation',
      matching(/^[a-z_][a-z0-9_]{0,62}$/),
      'a lower-case name of letters, digits and underscores, at most 63',
    ),
    queueUrl: check('AWS_SQS_AUTOMATION_QUEUE_URL', null, queueUrlOf, QUEUE_URL_FORM),
    secretFile: check('AUTOMATION_SECRET_FILE', null, (text) => text, PATH_WANTED),
    maxAttempts: check('AUTOMATION_MAX_ATTEMPTS', 3, wholeNumber(1, 100), 'a whole number from 1 to 100'),
    // Two people can only approve where approval is needed.
    requireApproval: check('AUTOMATION_REQUIRE_APPROVAL', false, trueOrFalse, 'true or false') || access.fourEyes,
    rebuildOnForeignLog: check('AUTOMATION_REBUILD_ON_FOREIGN_LOG', false, trueOrFalse, 'true or false'),
    access,
    logLevel: check(
      'LOG_LEVEL',
      'info',
      (text) => LOG_LEVELS.find((level) => level === text),
      `one of ${LOG_LEVELS.join(', ')}`,
    ),
  };
  if (!isLoopback(config) && cannotHaveKeys(config)) problems.push(OPEN_TO_ALL);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** For a start that is only known to be too open when the log has been looked at; see {@link ConfigError}. */
export const OPEN_TO_ALL =
  'HOST must be a loopback address (127.0.0.1, localhost or ::1) as long as there are no API keys: anybody who reaches the port could ' +
  'have code executed. `npm run keys` makes one.';

/** Neither from outside nor in a log of its own, of which nothing is there yet. */
function cannotHaveKeys({ access, eventStoreConnectionString, dataDir }: Config): boolean {
  if (access.keysFile !== null || access.oidc !== null) return false;
  return eventStoreConnectionString === null && !existsSync(join(dataDir, 'eventstore'));
}

function wholeNumber(min: number, max: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

function matching(pattern: RegExp) {
  return (text: string): string | undefined => (pattern.test(text) ? text : undefined);
}

function trueOrFalse(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function connectionString(text: string): string | undefined {
  try {
    parseConnectionString(text);
    return text;
  } catch {
    return undefined;
  }
}
