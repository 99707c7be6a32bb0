import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from './field-rules.ts';
import { IsPosition, IsQueryInteger } from './query-rules.ts';

const LIMITS = { min: 1, max: 1_000 };

/** Items on a page of the log if the call names no `limit`. */
export const DEFAULT_LOG_PAGE = 100;

/** Parameter of everything that reads the event log from a place on. */
export class LogPositionQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'Only what was recorded after this position in the event log, a decimal string',
  })
  @Optional()
  @IsPosition()
  after?: bigint;
}

/** Number of items on a page of the log. */
export function IsLogPageLimit(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: LIMITS.min, maximum: LIMITS.max, default: DEFAULT_LOG_PAGE }),
    Optional(),
    IsQueryInteger(LIMITS),
  );
}

/** Parameters of a page of what the event log holds, oldest first. */
export class LogPageQuery extends LogPositionQuery {
  @IsLogPageLimit()
  limit?: number;
}
