import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Items } from '../../../infrastructure/http/answers.ts';
import { listOf } from '../../../infrastructure/http/answers.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { Access } from '../../access.ts';
import type { ApiKey } from '../../keys/key-events.ts';
import type { Issued } from '../../keys/key-registry.ts';
import { KeyNotFound, KeyRegistry } from '../../keys/key-registry.ts';
import { recordedCallOf, REPLAYED_HEADER } from '../caller.ts';
import { CreateKeyBody, DEFAULT_OVERLAP_SECONDS, RevokeKeyBody, RotateKeyBody } from './bodies.ts';
import { IssuedKeyResource, KeyResource, keyView } from './resource.ts';

const key: KeyResource = {
  id: '01a13b5c-9a00-7d1e-b2f4-55d0c5a4e0f1',
  name: 'dev-1',
  role: 'worker',
  status: 'active',
  hint: 'abk_3fGh',
  created_at: '2030-01-31T09:00:00.000Z',
  created_by: 'local:admin',
  expires_at: null,
  rotated_at: null,
  previous_valid_until: null,
  last_used_at: '2030-01-31T09:31:00.000Z',
  revoked_at: null,
  revoked_by: null,
};
const issued: IssuedKeyResource = { ...key, key: 'abk_3fGh…', last_used_at: null };
const revoked: KeyResource = {
  ...key,
  status: 'revoked',
  revoked_at: '2030-01-31T10:00:00.000Z',
  revoked_by: 'local:admin',
};

/** API keys, for administrators. */
@ApiTags('keys')
@Controller('api/v1/automation/keys')
export class KeysController {
  constructor(
    private readonly registry: KeyRegistry,
    private readonly access: Access,
  ) {}

  @Post()
  @HttpRoute({
    id: 'createKey',
    summary: 'Create an API key',
    description:
      'The secret is part of this answer and is never shown again. Once there is a key, every call needs one; until then the service is open to everyone on its machine.',
    scopes: ['admin'],
    answers: { 201: IssuedKeyResource },
    headers: ['Location'],
    examples: { issued },
    bodies: { worker: { name: 'dev-1', role: 'worker' } },
    codes: ['key-name-taken', 'too-many-keys', 'conflict', 'idempotency-key-reused'],
  })
  async create(
    @Body() { name, role, expires_at = null }: CreateKeyBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedKeyResource> {
    refusePast(expires_at);
    const issued = await this.registry.create({ name, role, expires_at }, recordedCallOf(context));
    response.setHeader('Location', `${context.path}/${issued.key.id}`);
    return this.#issued(issued, response);
  }

  @Get()
  @HttpRoute({
    id: 'listKeys',
    summary: 'List API keys',
    description: 'Oldest first, including expired and revoked keys. Never includes the secrets.',
    scopes: ['admin'],
    answers: { 200: listOf(KeyResource) },
    examples: { keys: { items: [key] } },
  })
  async list(): Promise<Items<KeyResource>> {
    const { keys } = await this.registry.load();
    return { items: [...keys.values()].map((key) => this.#view(key)) };
  }

  @Get(':id')
  @HttpRoute({
    id: 'getKey',
    summary: 'Get an API key',
    description: 'Never includes the secret.',
    scopes: ['admin'],
    answers: { 200: KeyResource },
    examples: { key },
  })
  async get(@Param('id') id: string): Promise<KeyResource> {
    const key = (await this.registry.load()).keys.get(id);
    if (!key) throw new KeyNotFound();
    return this.#view(key);
  }

  @Post(':id/rotate')
  @HttpRoute({
    id: 'rotateKey',
    summary: 'Rotate an API key',
    description:
      'Gives the key a new secret. The old secret stays valid for `overlap_seconds`, so nothing stops while it is replaced.',
    scopes: ['admin'],
    answers: { 200: IssuedKeyResource },
    examples: { issued },
    bodies: { 'in an hour': { overlap_seconds: 3_600 } },
    codes: ['key-revoked', 'key-name-taken', 'conflict', 'idempotency-key-reused'],
  })
  async rotate(
    @Param('id') id: string,
    @Body() { overlap_seconds = DEFAULT_OVERLAP_SECONDS, ...terms }: RotateKeyBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IssuedKeyResource> {
    const expires_at = terms.expires_at ?? null;
    refusePast(expires_at);
    const renewal = { expires_at, overlapSeconds: overlap_seconds };
    return this.#issued(await this.registry.rotate(id, renewal, recordedCallOf(context)), response);
  }

  @Post(':id/revoke')
  @HttpRoute({
    id: 'revokeKey',
    summary: 'Revoke an API key',
    description:
      'Takes effect immediately and permanently, for the secret from before a rotation as well. Revoking a key again changes nothing.',
    scopes: ['admin'],
    answers: { 200: KeyResource },
    examples: { revoked },
    bodies: { reason: { reason: 'The laptop was lost' } },
  })
  async revoke(
    @Param('id') id: string,
    @Body() { reason }: RevokeKeyBody,
    @Context() context: RequestContext,
  ): Promise<KeyResource> {
    return this.#view(await this.registry.revoke(id, reason ?? null, recordedCallOf(context)));
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

function refusePast(expiresAt: string | null): void {
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) {
    throw validationFailed([{ pointer: '/expires_at', detail: 'must be in the future' }]);
  }
}
