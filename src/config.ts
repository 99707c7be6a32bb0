import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AccessConfig } from './access/access-config.ts';
import { readAccessConfig } from './access/access-config.ts';
import {
  CONNECTION_STRING_FORM,
  parseConnectionString,
} from './infrastructure/event-store/thread/connection-string.ts';
import { LOG_LEVEL, matching, PATH, QUEUE_URL, SWITCH, wholeNumber } from './configuration/kinds.ts';
import type { Environment } from './configuration/names.ts';
import type { Kind } from './configuration/variables.ts';
import { Variables } from './configuration/variables.ts';
import type { LogLevel } from './infrastructure/observability/logger.ts';
import { databaseUrlFault } from './infrastructure/postgres/database-url.ts';

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
  /** Path of the file with the private keys of checkpoints. Null for one created under `dataDir`. */
  readonly proofKeyFile: string | null;
  /** Origin of checkpoints. Null for the id of this installation's log. */
  readonly proofOrigin: string | null;
  readonly maxAttempts: number;
  readonly requireApproval: boolean;
  /** How many days lists of the past go back. */
  readonly asOfDays: number;
  /** Whether to rebuild the read model when the database was filled from another log. */
  readonly rebuildOnForeignLog: boolean;
  readonly access: AccessConfig;
  readonly logLevel: LogLevel;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** Whether the service can be reached from this machine only. */
export function isLoopback({ host }: Config): boolean {
  return LOOPBACK.has(host);
}

/** Reads the environment. @throws ConfigError listing every problem, without values that may be secret */
export function readConfig(environment: Environment): Config {
  const variables = new Variables(environment);
  const databaseUrl = variables.text('DATABASE_URL');
  const databaseFault = databaseUrl === null ? null : databaseUrlFault(databaseUrl);
  if (databaseFault !== null) variables.report(`DATABASE_URL ${databaseFault}`);
  const access = readAccessConfig(variables);
  const config: Config = {
    host: variables.value('HOST', HOST) ?? '127.0.0.1',
    port: variables.value('PORT', wholeNumber(0, 65_535)) ?? 8000,
    dataDir: variables.value('DATA_DIR', PATH) ?? resolve('.data'),
    eventStoreConnectionString: variables.value('EVENTSTORE_CONNECTION_STRING', CONNECTION_STRING),
    streamCategory: variables.value('EVENTSTORE_STREAM_CATEGORY', CATEGORY) ?? 'automation_request',
    databaseUrl,
    databaseSchema: variables.value('DATABASE_SCHEMA', SCHEMA) ?? 'automation',
    queueUrl: variables.value('AWS_SQS_AUTOMATION_QUEUE_URL', QUEUE_URL),
    secretFile: variables.value('AUTOMATION_SECRET_FILE', PATH),
    proofKeyFile: variables.value('AUTOMATION_PROOF_KEY_FILE', PATH),
    proofOrigin: variables.value('AUTOMATION_PROOF_ORIGIN', ORIGIN),
    maxAttempts: variables.value('AUTOMATION_MAX_ATTEMPTS', wholeNumber(1, 100)) ?? 3,
    // Four eyes imply approval.
    requireApproval: (variables.value('AUTOMATION_REQUIRE_APPROVAL', SWITCH) ?? false) || access.fourEyes,
    asOfDays: variables.value('AUTOMATION_AS_OF_DAYS', wholeNumber(1, 36_500)) ?? 400,
    rebuildOnForeignLog: variables.value('AUTOMATION_REBUILD_ON_FOREIGN_LOG', SWITCH) ?? false,
    access,
    logLevel: variables.value('LOG_LEVEL', LOG_LEVEL) ?? 'info',
  };
  if (!isLoopback(config) && cannotHaveKeys(config)) variables.report(OPEN_TO_ALL);
  variables.check();
  return Object.freeze(config);
}

const HOST = matching(/^[A-Za-z0-9.:-]{1,253}$/, 'an address, or the name of one');
const CATEGORY = matching(
  /^[A-Za-z0-9_.]{1,100}$/,
  'letters, digits, underscores and dots, at most 100: the store takes what stands before the first dash as the category',
);
const ORIGIN = matching(
  /^[A-Za-z0-9][A-Za-z0-9._~:/-]{0,199}$/,
  'a name such as log.example.org/automation: letters, digits and . _ ~ : / -, at most 200',
);
const SCHEMA = matching(/^[a-z_][a-z0-9_]{0,62}$/, 'a lower-case name of letters, digits and underscores, at most 63');
const CONNECTION_STRING: Kind<string> = {
  wanted: `of the form ${CONNECTION_STRING_FORM}`,
  parse: (text) => {
    try {
      parseConnectionString(text);
      return text;
    } catch {
      return undefined;
    }
  },
};

/** Problem of a host other than loopback without API keys. Exported because a start may find that out only from the event store. */
export const OPEN_TO_ALL =
  'HOST must be a loopback address (127.0.0.1, localhost or ::1) as long as there are no API keys: anybody who reaches the port could ' +
  'have code executed. `npm run keys` makes one.';

/** Whether there are certainly no keys: no keys file, no identity provider, and an embedded event store that does not exist yet. */
function cannotHaveKeys({ access, eventStoreConnectionString, dataDir }: Config): boolean {
  if (access.keysFile !== null || access.oidc !== null) return false;
  return eventStoreConnectionString === null && !existsSync(join(dataDir, 'eventstore'));
}
