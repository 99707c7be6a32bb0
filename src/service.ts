import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.ts';
import { callerChecks } from './access/http/caller.ts';
import { CallLimits } from './access/http/call-limits.ts';
import { Readers } from './automation/feeds/readers.ts';
import { PAGES, servePages } from './automation/http/pages/pages.ts';
import { recordRefusal } from './access/http/refusals/record-refusal.ts';
import { PROBLEM_TYPE_BASE, PROBLEM_TYPES } from './automation/http/problems.ts';
import type { Config } from './config.ts';
import { isLoopback, OPEN_TO_ALL } from './config.ts';
import { ConfigError } from './configuration/variables.ts';
import { Access } from './access/access.ts';
import { RefusalLog } from './access/refusal-log.ts';
import { startFoundation } from './foundation.ts';
import type { HttpLayer } from './infrastructure/http/pipeline/configure-http.ts';
import { configureHttp } from './infrastructure/http/pipeline/configure-http.ts';
import { SERVER_LIMITS } from './infrastructure/http/pipeline/server-limits.ts';
import type { Route } from './infrastructure/http/http-route.ts';
import type { Logger } from './infrastructure/observability/logger.ts';
import { nestLogger } from './infrastructure/observability/logger.ts';
import { SERVICE_VERSION } from './version.ts';

export interface Service {
  /** Base URL, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly routes: readonly Route[];
  /** Text for the terminal: what was started, and commands to try. */
  readonly banner: string;
  /** Lets requests in progress finish, for up to 8 s, and then stops everything in reverse order of its start. */
  stop(): Promise<void>;
}

/** How long requests in progress may take to finish when the service stops. */
const DRAIN_LIMIT_MS = 8_000;

/** Starts the service. If a part fails to start, the others are stopped. @throws Error whose message says in one line what failed */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const foundation = await startFoundation(config, logger);
  let app: NestExpressApplication | undefined;
  try {
    app = await NestFactory.create<NestExpressApplication>(AppModule.on(foundation), new ExpressAdapter(), {
      bodyParser: false,
      abortOnError: false,
      logger: nestLogger(logger),
    });
    const running = app;
    const access = app.get(Access);
    const refusals = app.get(RefusalLog);
    const limits = new CallLimits(access, config.access, () => performance.now());
    app.set('trust proxy', config.access.trustedProxies);
    const http = configureHttp(app, {
      problems: {
        typeBase: PROBLEM_TYPE_BASE,
        types: PROBLEM_TYPES,
        // Callers share the connections of a proxy, so those stay open.
        closesAfter: config.access.trustedProxies > 0 ? [] : [401, 429],
        onInternalError: (error, requestId) => logger.error({ err: error, request_id: requestId }, 'a call failed'),
        onProblem: (problem, request) => recordRefusal(refusals, problem, request),
      },
      ...callerChecks({ access, signer: foundation.signer, limits, isLocal: isLoopback(config) }),
      parameters: {
        level: 'name',
        first: 'name',
        second: 'name',
        third: 'name',
        id: 'uuid',
        attempt: 'number',
        version: 'number',
        worker: 'line',
        projection: 'name',
      },
      pages: PAGES,
      corsOrigins: config.access.corsOrigins,
      limits: config.access.trustedProxies > 0 ? { ...SERVER_LIMITS, maxConnectionsPerAddress: null } : SERVER_LIMITS,
    });
    app.get(Readers).endOn(http.draining);
    servePages(app, { routes: () => http.routes(), isOpen: () => access.isOpen });
    await app.init();
    const routes = http.routes();
    if (!isLoopback(config)) await refuseOpenDoor(access);
    await listen(app, config);
    const url = urlOf(app, config);
    logger.info({ url, version: SERVICE_VERSION }, 'listening');
    return {
      url,
      routes,
      banner: banner(url, config, access.isOpen),
      stop: () => stop(running, http, foundation.stop),
    };
  } catch (error) {
    // The consumers of the log stop before the store does. Otherwise they would log its end as a failure.
    await app?.close().catch(() => undefined);
    await foundation.stop();
    throw error;
  }
}

async function stop(app: NestExpressApplication, http: HttpLayer, stopFoundation: () => Promise<void>): Promise<void> {
  await http.drain(DRAIN_LIMIT_MS);
  await app.close();
  await stopFoundation();
}

/** @throws ConfigError when the address is taken, forbidden or unknown */
async function listen(app: NestExpressApplication, { port, host }: Config): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fault = LISTEN_FAULTS[code]?.(port, host);
    throw fault === undefined ? error : new ConfigError([`${fault} (${code}).`]);
  }
}

const LISTEN_FAULTS: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) => `PORT ${port} is taken: another program listens on it at ${host}`,
  EACCES: (port) => `PORT ${port} is not for this user: those below 1024 often need root`,
  EADDRNOTAVAIL: (_, host) => `HOST must be an address of this machine, which ${host} is not`,
  ENOTFOUND: (_, host) => `HOST must be an address, or the name of one, which ${host} is not`,
  EAI_AGAIN: (_, host) => `HOST must be an address, or the name of one; nobody answers whether ${host} is`,
};

/** How long a start on a public address waits for the event store to tell whether there are keys. */
const KEYS_KNOWN_LIMIT_MS = 20_000;

/** Refuses a public address without API keys. Only the event store tells whether there are keys. @throws ConfigError */
async function refuseOpenDoor(access: Access): Promise<void> {
  if (!(await access.becomesKnown(KEYS_KNOWN_LIMIT_MS)))
    throw new Error('Without the event store it is not known which API keys there are.');
  if (access.isOpen) throw new ConfigError([OPEN_TO_ALL]);
}

function urlOf(app: NestExpressApplication, config: Config): string {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}

function banner(url: string, config: Config, isOpen: boolean): string {
  const base = `${url}/api/v1/automation`;
  const key = isOpen ? '' : ` -H "Authorization: Bearer $KEY"`;
  const store =
    config.eventStoreConnectionString === null ? `embedded, in ${config.dataDir}/eventstore` : 'as configured';
  const database = config.databaseUrl === null ? `embedded, in ${config.dataDir}` : 'as configured';
  const queue = config.queueUrl === null ? 'none: requests are stored, not queued' : 'as configured';
  return `
Automation ${SERVICE_VERSION} listens on ${url}

  event store   ${store}
  PostgreSQL    ${database}
  queue         ${queue}
  access        ${isOpen ? 'open to everyone on this machine: there are no API keys' : 'by API key'}

Three things to try:

  curl -X POST ${base}/requests${key} -H 'Content-Type: application/json' \\
    -d '{"type": "feature", "title": "Add rate limiting", "description": "100 requests a minute per IP."}'
  curl ${base}/pending${key}
  open ${url}/docs

Ctrl-C stops everything.
`;
}
