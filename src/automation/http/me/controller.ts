import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access } from '../../../access/access.ts';
import { callerOf } from '../../../access/http/caller.ts';
import { rolesOf, SCOPES } from '../../../access/scopes.ts';
import type { Config } from '../../../config.ts';
import { CONFIG } from '../../../config.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { POLICY } from '../../../infrastructure/tokens.ts';
import type { PolicyInForce } from '../../audit/policy.ts';
import { policyVersionOf } from '../../audit/policy.ts';
import { OwnRequests } from '../own-requests.ts';
import { MeResource } from './resource.ts';

const me: MeResource = {
  principal: 'olga',
  roles: ['operator'],
  scopes: ['requests:submit', 'requests:read', 'requests:manage'],
  own_only: false,
  token: null,
  policy: {
    version: '1:9f86d081884c7d659a2feaa0c55ad015',
    require_approval: true,
    four_eyes: true,
    own_only: false,
    max_attempts: 3,
  },
  features: { access: 'keys', oidc: false, queue: true },
};

/** Tells callers who they are. */
@ApiTags('access')
@Controller('api/v1/automation')
export class MeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(POLICY) private readonly policy: PolicyInForce,
    private readonly access: Access,
    private readonly own: OwnRequests,
  ) {}

  @Get('me')
  @HttpRoute({
    id: 'getMe',
    summary: 'Get the caller',
    description: 'Who the caller is, what it may do, and what is switched on. Open to every credential.',
    scopes: [...SCOPES, 'token:any'],
    answers: { 200: MeResource },
    examples: { me },
  })
  me(@Context() context: RequestContext): MeResource {
    const { name, scopes, token } = callerOf(context);
    return {
      principal: name,
      roles: rolesOf(scopes),
      scopes: [...scopes],
      own_only: token === null && this.own.creatorFor(context) !== null,
      token: token && { holder: token.holder, request_id: token.requestId, attempt: token.attempt },
      policy: { version: policyVersionOf(this.policy), ...this.policy },
      features: {
        access: this.access.isOpen ? 'open' : 'keys',
        oidc: this.config.access.oidc !== null,
        queue: this.config.queueUrl !== null,
      },
    };
  }
}
