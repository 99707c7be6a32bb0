import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { unknownVariables } from './configuration/names.ts';
import { ConfigError } from './configuration/variables.ts';
import { watchParent } from './infrastructure/process/parent-watch.ts';
import { createLogger } from './infrastructure/observability/logger.ts';
import { startService } from './service.ts';

const EXIT_BAD_CONFIG = 2;
/** Maximum duration of a shutdown. After that the process exits with 1. */
const SHUTDOWN_LIMIT_MS = 20_000;

let config: Config;
try {
  config = readConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  exitFor(error);
}

function exitFor({ problems }: ConfigError): never {
  for (const problem of problems) process.stderr.write(`Configuration: ${problem}\n`);
  process.exit(EXIT_BAD_CONFIG);
}

const logger = createLogger(config.logLevel);
for (const name of unknownVariables(process.env)) logger.warn(`${name} is not a known variable; it has no effect`);
const starting = startService(config, logger);

let stopping = false;
function stop(reason: string): void {
  if (stopping) return;
  stopping = true;
  logger.info({ reason }, 'stopping');
  setTimeout(() => {
    logger.error('shutdown timed out');
    process.exit(1);
  }, SHUTDOWN_LIMIT_MS).unref();
  starting
    .then((service) => service.stop())
    .then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      () => process.exit(1),
    );
}
process.on('SIGTERM', () => stop('SIGTERM'));
process.on('SIGINT', () => stop('SIGINT'));
process.on('SIGHUP', () => stop('SIGHUP'));
watchParent({ onOrphaned: () => stop('npm is gone') });

starting.then(
  (service) => {
    // Only for people at a terminal. Programs find the same in the JSON log.
    if (process.stdout.isTTY) process.stdout.write(service.banner);
  },
  (error: unknown) => {
    if (error instanceof ConfigError) exitFor(error);
    // One line is enough. The stack is in the debug log.
    logger.debug({ err: error }, 'the service did not start');
    process.stderr.write(`${(error instanceof Error ? error.message : String(error)).trim()}\n`);
    process.exit(1);
  },
);
