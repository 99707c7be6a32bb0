import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsLine, IsText, Optional } from '../../../infrastructure/http/fields/field-rules.ts';
import { IsQueryInteger } from '../../../infrastructure/http/fields/query-rules.ts';

const PAGE = { min: 1, max: 100 };
const MAX_REASON = 2_000;
const MAX_CONSUMER = 100;
const MAX_CURSOR = 100;

/** Parked events on a page if the call names no `limit`. */
export const DEFAULT_PARKED_PAGE = 20;

export class ListParkedQuery {
  @ApiPropertyOptional({
    maxLength: MAX_CONSUMER,
    description: 'Only those of this consumer, by the name in `/health`',
  })
  @Optional()
  @IsLine(MAX_CONSUMER)
  consumer?: string;

  @ApiPropertyOptional({ maxLength: MAX_CURSOR, description: '`next_cursor` of the page before' })
  @Optional()
  @IsLine(MAX_CURSOR)
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: DEFAULT_PARKED_PAGE })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;
}

export class SettleParkedBody {
  @ApiPropertyOptional({ maxLength: MAX_REASON, description: 'Recorded in the audit' })
  @Optional()
  @IsText(MAX_REASON)
  reason?: string;
}
