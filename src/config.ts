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

/** Configuration of the service, validated once at startup. `.env.example` documents the variables. */
export interface Config {
  readonly host: string;
  /** 0 picks a free port, which is logged. */
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  /** Null for the embedded event store, with its data under `dataDir`. */
  readonly eventStoreConnectionString: string | null;
  readonly streamCategory: string;
  /** Null for the embedded PostgreSQL, with its data under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly databaseSchema: string;
  /** URL of the SQS queue. Null without a queue: requests are only stored. */
  readonly queueUrl: string | null;
  /** Path of the file with signing secrets. Null for one created under `dataDir`. */
  readonly secretFile: string | null;
  readonly maxAttempts: number;
  readonly requireApproval: boolean;
  /** Whether to rebuild the read model when the database was filled from another log. */
  readonly rebuildOnForeignLog: boolean;
  readonly access: AccessConfig;
  readonly logLevel: LogLevel;
}

/** The configuration is invalid. Lists all problems, each a sentence that begins with the variable's name. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** Whether the service can be reached from this machine only. */
export function isLoopback({ host }: Config): boolean {
  return LOOPBACK.has(host);
}

/** Reads the environment. Empty variables count as unset. @throws ConfigError listing every problem, without values that may be secret */
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
    // Four eyes imply approval.
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

/** Problem of a host other than loopback without API keys. Exported because a start may find that out only from the event store. */
export const OPEN_TO_ALL =
  'HOST must be a loopback address (127.0.0.1, localhost or ::1) as long as there are no API keys: anybody who reaches the port could ' +
  'have code executed. `npm run keys` makes one.';

/** Whether there are certainly no keys: no keys file, no identity provider, and an embedded event store that does not exist yet. */
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
