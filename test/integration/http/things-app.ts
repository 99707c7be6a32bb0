import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import { tagVersion } from '../../../src/infrastructure/http/conditional.ts';
import { configureHttp } from '../../../src/infrastructure/http/pipeline/configure-http.ts';
import type { HttpLayer, HttpOptions } from '../../../src/infrastructure/http/pipeline/configure-http.ts';
import { unauthenticated } from '../../../src/infrastructure/http/pipeline/request-head.ts';
import {
  IsLine,
  IsListOf,
  IsOneOf,
  IsText,
  Nullable,
  Optional,
} from '../../../src/infrastructure/http/fields/field-rules.ts';
import { HttpRoute } from '../../../src/infrastructure/http/http-route.ts';
import { httpProblem } from '../../../src/infrastructure/http/problems/problem-details.ts';
import { IsQueryInteger } from '../../../src/infrastructure/http/fields/query-rules.ts';
import { Context, RequestContext } from '../../../src/infrastructure/http/request-context.ts';

/** What a route has to say of itself, and nothing is asked of here. */
const DOCUMENTED = { id: 'thing', summary: 'Do a thing', answers: {} } as const;

class PartBody {
  @IsLine(10)
  id!: string;
}

class ThingBody {
  @IsLine(200)
  name!: string;

  @Optional()
  @Nullable()
  @IsText(300_000)
  text?: string | null;

  @Optional()
  @IsOneOf(['red', 'green'])
  colour?: string;

  @Optional()
  @IsListOf(() => PartBody, { maxItems: 200, uniqueBy: 'id' })
  parts?: PartBody[];
}

class ListQuery {
  @Optional()
  @IsQueryInteger({ min: 1, max: 100 })
  limit?: number;
}

/** As the domain throws: a code, and what a program needs. */
class Refused extends Error {
  readonly code = 'wrong-colour';
  readonly details = { from: 'red', to: 'green', allowed: ['blue'], status: 999, request_id: 'forged' };
}
class StoreDown extends Error {
  readonly code = 'store-unavailable';
}

/** What handlers were called with, and what the tests hold them up with. */
export const calls: { body: unknown; context: RequestContext }[] = [];
export const gate = { opened: Promise.resolve(), entered: 0 };
let draining: AbortSignal;

@Controller('api')
class ThingsController {
  @Post('things')
  @HttpRoute({ ...DOCUMENTED, scopes: ['write'] })
  submit(@Body() body: ThingBody, @Context() context: RequestContext) {
    calls.push({ body, context });
    return { ...body };
  }

  @Get('things')
  @HttpRoute({ ...DOCUMENTED, scopes: ['read'] })
  list(@Query() query: ListQuery) {
    return { ...query };
  }

  @Get('things/:id')
  @HttpRoute({ ...DOCUMENTED, scopes: ['read'] })
  get(@Param('id') id: string, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return tagVersion(request, response, 3) ? undefined : { id };
  }

  @Patch('things/:id')
  @HttpRoute({ ...DOCUMENTED, scopes: ['write'] })
  patch(@Param('id') id: string, @Body() body: ThingBody, @Context() { ifMatch, idempotencyKey }: RequestContext) {
    return { id, body, if_match: ifMatch ?? null, key: idempotencyKey ?? null };
  }

  @Post('things/:id/poke')
  @HttpRoute({ ...DOCUMENTED, scopes: ['write'] })
  @HttpCode(200)
  async poke(@Param('id') id: string, @Context() { path, position }: RequestContext) {
    gate.entered += 1;
    await gate.opened;
    return { id, path, position: position?.toString() ?? null };
  }

  @Get('log')
  @HttpRoute({ ...DOCUMENTED, scopes: ['read'], produces: ['application/json', 'application/x-ndjson'] })
  log(@Context() { mediaType }: RequestContext) {
    return { mediaType };
  }

  @Get('stream')
  @HttpRoute({ ...DOCUMENTED, scopes: ['read'], produces: ['text/event-stream'] })
  stream(@Res() response: Response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': here\n\n');
    draining.addEventListener('abort', () => response.end(), { once: true });
  }

  @Get('fail/:name')
  @HttpRoute({ ...DOCUMENTED, scopes: [] })
  async fail(@Param('name') name: string, @Res({ passthrough: true }) response: Response) {
    await Promise.resolve();
    response.setHeader('ETag', '"stale"');
    if (name === 'domain') throw new Refused('Not that colour.');
    if (name === 'store') throw new StoreDown('The store does not answer.');
    if (name === 'framework') throw new NotFoundException('a canary text');
    if (name === 'framework-400') throw new BadRequestException('a canary text');
    if (name === 'unmapped') throw new ConflictException('a canary text');
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- libraries do it
    if (name === 'nothing') throw undefined;
    if (name === 'midway') response.write('{"half":');
    throw Object.assign(new Error('a canary secret'), { code: 'ECONNREFUSED' });
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

export interface ThingsApp {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly http: HttpLayer;
  /** What only the log is told. */
  readonly internalErrors: unknown[];
  close(): Promise<void>;
}

/** A real application of a few routes, listening on a port of its own. `good` may do everything, `reader` may read. */
export async function startThings({
  closesAfter = [],
  ...options
}: Partial<HttpOptions> & { readonly closesAfter?: readonly number[] } = {}): Promise<ThingsApp> {
  const internalErrors: unknown[] = [];
  const app = await NestFactory.create<NestExpressApplication>(ThingsModule, { bodyParser: false, logger: false });
  const http = configureHttp(app, {
    problems: {
      typeBase: 'https://things.example/problems#',
      types: {
        'wrong-colour': { status: 409, title: 'Wrong colour', headers: () => ({ ETag: '"7"' }) },
        'store-unavailable': { status: 503, title: 'The store is not there' },
      },
      closesAfter,
      onInternalError: (error, requestId) => internalErrors.push([requestId, error]),
    },
    loopbackOnly: true,
    parameters: { id: 'uuid', name: 'name' },
    pages: ['/docs'],
    authenticate: async (token) => {
      await Promise.resolve();
      if (token === undefined || token === 'good' || token === 'reader') return { name: token ?? 'good' };
      return unauthenticated();
    },
    authorize: async (route, { name }) => {
      await Promise.resolve();
      const isRefused = name === 'reader' && route.scopes.includes('write');
      return isRefused ? httpProblem('forbidden', 'This needs the scope write.') : undefined;
    },
    ...options,
  });
  draining = http.draining;
  const page = (_request: Request, response: Response): unknown => response.type('html').send('<p>docs');
  app.getHttpAdapter().get('/docs', page as () => void);
  await app.init();
  http.routes();
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await http.drain(0);
    await app.close();
  };
  return { url: `http://127.0.0.1:${port}`, port, server, http, internalErrors, close };
}
