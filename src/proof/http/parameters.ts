import { ApiProperty } from '@nestjs/swagger';
import { IsQueryInteger } from '../../infrastructure/http/fields/query-rules.ts';
import { COUNT } from '../../infrastructure/http/fields/schemas.ts';

const SIZES = { min: 0, max: Number.MAX_SAFE_INTEGER };

export class ConsistencyQuery {
  @ApiProperty({ ...COUNT, description: 'Number of leaves of the older tree' })
  @IsQueryInteger(SIZES)
  from!: number;

  @ApiProperty({ ...COUNT, description: 'Number of leaves of the newer tree' })
  @IsQueryInteger(SIZES)
  to!: number;
}
