import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT, INSTANT, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { RefusalsAt } from '../../refusal-history.ts';

class RefusalResource {
  @ApiProperty({ example: 'unauthenticated' })
  readonly code!: string;

  @ApiProperty({ example: 'expired-key', description: 'The reason, which the caller may not have been told in full' })
  readonly fault!: string;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The caller, or the owner of the credential' })
  readonly principal!: string | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly address!: string | null;

  @ApiProperty({ example: 'POST' })
  readonly method!: string;

  @ApiProperty({ ...TEXT_OR_NULL, example: '/api/v1/automation/requests/:id' })
  readonly route!: string | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly missing_scope!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, format: 'uuid' })
  readonly request_id!: string | null;

  @ApiProperty({ ...COUNT, description: 'How often this refusal occurred' })
  readonly count!: number;

  @ApiProperty(INSTANT)
  readonly first_at!: string;

  @ApiProperty(INSTANT)
  readonly last_at!: string;
}

@ApiSchema({ description: 'Refusals recorded together; those that only differ in time are counted.' })
export class RefusalsResource {
  @ApiProperty({ description: 'Position in the event log, as a decimal string' })
  readonly position!: string;

  @ApiProperty(INSTANT)
  readonly from!: string;

  @ApiProperty(INSTANT)
  readonly until!: string;

  @ApiProperty(COUNT)
  readonly total!: number;

  @ApiProperty({ type: [RefusalResource] })
  readonly refusals!: readonly RefusalResource[];

  @ApiProperty({
    ...COUNT,
    description: 'Further refusals, counted but not listed because there were too many different ones',
  })
  readonly unlisted!: number;
}

export function refusalsView({ position, from, until, total, refusals, unlisted }: RefusalsAt): RefusalsResource {
  return { position, from, until, total, refusals, unlisted };
}
