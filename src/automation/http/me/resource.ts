import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Role, Scope } from '../../../access/scopes.ts';
import { ROLES, SCOPES } from '../../../access/scopes.ts';
import { COUNT } from '../../../infrastructure/http/fields/schemas.ts';
import type { PolicyInForce } from '../../audit/policy.ts';

class TokenResource {
  @ApiProperty({ enum: ['worker', 'agent'] })
  readonly holder!: 'worker' | 'agent';

  @ApiProperty({ format: 'uuid' })
  readonly request_id!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  readonly attempt!: number;
}

class PolicyResource implements PolicyInForce {
  @ApiProperty({
    example: '1:9f86d081884c7d659a2feaa0c55ad015',
    description: 'Names the policy in the metadata of events, and in the audit event that has its content',
  })
  readonly version!: string;

  @ApiProperty({ description: 'Deployments have to be approved' })
  readonly require_approval!: boolean;

  @ApiProperty({ description: 'The submitter of a request may not approve it' })
  readonly four_eyes!: boolean;

  @ApiProperty({ description: 'Those who may only submit and read see only their own requests' })
  readonly own_only!: boolean;

  @ApiProperty({ ...COUNT, description: 'Number of consecutive lost attempts at which a request fails' })
  readonly max_attempts!: number;
}

class FeaturesResource {
  @ApiProperty({
    enum: ['open', 'keys'],
    description: '`open`: there are no API keys, and everyone on this machine has access',
  })
  readonly access!: 'open' | 'keys';

  @ApiProperty({ description: 'Tokens of an identity provider are accepted' })
  readonly oidc!: boolean;

  @ApiProperty({ description: 'Requests are sent to a queue; without one, workers poll' })
  readonly queue!: boolean;
}

@ApiSchema({ description: 'The caller, what it may do, and what is switched on.' })
export class MeResource {
  @ApiProperty({ example: 'olga', description: 'As recorded in events. Of a token, the principal that claimed' })
  readonly principal!: string;

  @ApiProperty({ type: [String], enum: ROLES, description: 'Empty for a token' })
  readonly roles!: readonly Role[];

  @ApiProperty({
    type: [String],
    enum: SCOPES,
    description: 'Empty for a token, which opens what belongs to its request',
  })
  readonly scopes!: readonly Scope[];

  @ApiProperty({ description: 'Sees only the requests that it created' })
  readonly own_only!: boolean;

  @ApiProperty({ type: TokenResource, nullable: true, description: 'Null for other credentials' })
  readonly token!: TokenResource | null;

  @ApiProperty({ type: PolicyResource })
  readonly policy!: PolicyResource;

  @ApiProperty({ type: FeaturesResource })
  readonly features!: FeaturesResource;
}
