import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Access } from '../../access/access.ts';
import type { ApiKey, KeyCall } from '../../access/keys/key-events.ts';
import type { Issued } from '../../access/keys/key-registry.ts';
import { KeyNotFound, KeyRegistry } from '../../access/keys/key-registry.ts';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { REPLAYED_HEADER } from './answers.ts';
import { callerOf, idempotencyOf } from './caller.ts';
import { ApiKeyAnswer, ApiKeyListAnswer, ApiKeyParam } from './documentation.ts';
import { CreateKeyBody, DEFAULT_OVERLAP_SECONDS, RevokeKeyBody, RotateKeyBody } from './key-bodies.ts';
import type { IssuedKeyResource, KeyResource } from './key-resources.ts';
import { keyView } from './key-resources.ts';

/** Who may come in: API keys, for administrators. */
@ApiTags('keys')
@Controller('api/v1/automation/keys')
export class KeysController {
  constructor(
    private readonly registry: KeyRegistry,
    private readonly access: Access,
  ) {}

  /** Makes a key. Its secret is in this answer and nowhere else. With the first key the service stops being open. */
  @Post()
  @HttpRoute({ scopes: ['admin'] })
  @ApiKeyAnswer(201, 'The key, with its secret.', { withSecret: true })
  async create(
    @Body() { name, role, expires_at = null }: CreateKeyBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedKeyResource> {
    refusePast(expires_at);
    const issued = await this.registry.create({ name, role, expires_at }, keyCallOf(context));
    response.setHeader('Location', `${context.path}/${issued.key.id}`);
    return this.#issued(issued, response);
  }

  /** All keys, oldest first, with those that are over. */
  @Get()
  @HttpRoute({ scopes: ['admin'] })
  @ApiKeyListAnswer()
  async list(): Promise<{ items: KeyResource[] }> {
    const { keys } = await this.registry.load();
    return { items: [...keys.values()].map((key) => this.#view(key)) };
  }

  /** One key. */
  @Get(':id')
  @HttpRoute({ scopes: ['admin'] })
  @ApiKeyParam()
  @ApiKeyAnswer(200, 'The key.')
  async get(@Param('id') id: string): Promise<KeyResource> {
    const key = (await this.registry.load()).keys.get(id);
    if (!key) throw new KeyNotFound();
    return this.#view(key);
  }

  /** Gives a key a new secret. The old one is valid for a while more, so that nothing stops while it is exchanged. */
  @Post(':id/rotate')
  @HttpCode(200)
  @HttpRoute({ scopes: ['admin'] })
  @ApiKeyParam()
  @ApiKeyAnswer(200, 'The key, with its new secret.', { withSecret: true })
  async rotate(
    @Param('id') id: string,
    @Body() { overlap_seconds = DEFAULT_OVERLAP_SECONDS, ...terms }: RotateKeyBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedKeyResource> {
    const expires_at = terms.expires_at ?? null;
    refusePast(expires_at);
    const renewal = { expires_at, overlapSeconds: overlap_seconds };
    return this.#issued(await this.registry.rotate(id, renewal, keyCallOf(context)), response);
  }

  /** Ends a key, at once and for good. */
  @Post(':id/revoke')
  @HttpCode(200)
  @HttpRoute({ scopes: ['admin'] })
  @ApiKeyParam()
  @ApiKeyAnswer(200, 'The key.')
  async revoke(
    @Param('id') id: string,
    @Body() { reason }: RevokeKeyBody,
    @Context() context: RequestContext,
  ): Promise<KeyResource> {
    return this.#view(await this.registry.revoke(id, reason ?? null, keyCallOf(context)));
  }

  #issued({ key, secret }: Issued, response: Response): IssuedKeyResource {
    response.setHeader('Cache-Control', 'no-store');
    if (secret === null) response.setHeader(REPLAYED_HEADER, 'true');
    return { ...this.#view(key), key: secret };
  }

  #view(key: ApiKey): KeyResource {
    return keyView(key, this.access.lastUse(key), new Date().toISOString());
  }
}

function keyCallOf(context: RequestContext): KeyCall {
  const { requestId: callId, correlationId } = context;
  return { principal: callerOf(context).name, callId, correlationId, idempotency: idempotencyOf(context) };
}

function refusePast(expiresAt: string | null): void {
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) {
    throw validationFailed([{ pointer: '/expires_at', detail: 'must be in the future' }]);
  }
}
