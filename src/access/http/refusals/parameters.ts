import { ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from '../../../infrastructure/http/fields/field-rules.ts';
import { IsPosition, IsQueryInteger } from '../../../infrastructure/http/fields/query-rules.ts';

const PAGE = { min: 1, max: 1_000 };

export class ListRefusalsQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'Only refusals recorded after this position in the event log, a decimal string',
  })
  @Optional()
  @IsPosition()
  after?: bigint;

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: 100 })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;
}
