import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { COUNT } from '../../../infrastructure/http/fields/schemas.ts';
import { STATUSES } from '../../domain/request.ts';

class FaultResource {
  @ApiProperty({
    example: '/title',
    description: 'JSON Pointer to the field in the body, or `?name` for a query parameter',
  })
  pointer!: string;

  @ApiProperty()
  detail!: string;
}

/** The body of every error response. */
export class ProblemResource {
  @ApiProperty({ format: 'uri-reference' })
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty()
  instance!: string;

  @ApiProperty({ example: 'validation-failed', description: 'Stable, for programs to match on' })
  code!: string;

  @ApiProperty()
  request_id!: string;

  @ApiPropertyOptional({
    type: [FaultResource],
    description: 'With `validation-failed`: what is wrong with each field',
  })
  errors?: FaultResource[];

  @ApiPropertyOptional({ description: 'With `forbidden`: the scope that the credential lacks' })
  missing_scope?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'With `illegal-transition`' })
  from?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'With `illegal-transition`' })
  to?: string;

  @ApiPropertyOptional({
    enum: STATUSES,
    isArray: true,
    description: 'With `illegal-transition`: the statuses that are allowed',
  })
  allowed?: string[];

  @ApiPropertyOptional({ ...COUNT, description: 'With `already-claimed` and `stale-attempt`: the attempt in question' })
  attempt?: number;

  @ApiPropertyOptional({ enum: STATUSES, description: 'With `not-claimable`' })
  current_status?: string;

  @ApiPropertyOptional({ type: [String], description: 'With `evidence-missing`: what must be recorded first' })
  missing?: string[];

  @ApiPropertyOptional({
    ...COUNT,
    description: 'With `rate-limited`, if the limit is on open requests: how many are allowed',
  })
  open_requests?: number;
}
