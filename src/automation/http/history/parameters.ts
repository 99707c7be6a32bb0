import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, IsLine, IsUuid, Optional } from '../../../infrastructure/http/fields/field-rules.ts';
import { VISIBLE_ASCII } from '../../../infrastructure/http/request-context.ts';
import { IsLogPageLimit, LogPositionQuery } from '../../../infrastructure/http/fields/log-page.ts';
import { IsQueryList } from '../../../infrastructure/http/fields/query-rules.ts';
import { rule } from '../../../infrastructure/http/fields/validation.ts';
import { commaSeparated } from '../../../infrastructure/http/fields/schemas.ts';
import { AUDIT_EVENT_TYPES } from '../../audit/audit-events.ts';
import { REQUEST_EVENT_TYPES } from '../../events/upcasters.ts';

const MAX_PRINCIPAL = 200;
const MAX_CAUSE = 128;
const CAUSE = { maxLength: MAX_CAUSE, pattern: VISIBLE_ASCII.source };

/** An id as events record it: of a call, of an event, or what the caller sent as `X-Correlation-Id`. */
function IsCause(): PropertyDecorator {
  return rule('isCause', (value) => {
    const isOne = typeof value === 'string' && value.length <= MAX_CAUSE && VISIBLE_ASCII.test(value);
    return isOne ? undefined : `must be 1 to ${MAX_CAUSE} visible ASCII characters`;
  });
}

export class StreamRequestEventsQuery extends LogPositionQuery {
  @ApiPropertyOptional(commaSeparated(REQUEST_EVENT_TYPES))
  @Optional()
  @IsQueryList(REQUEST_EVENT_TYPES)
  type?: string[];
}

export class ListRequestEventsQuery extends StreamRequestEventsQuery {
  @IsLogPageLimit()
  limit?: number;
}

class ByWhomAndWhenQuery extends LogPositionQuery {
  @ApiPropertyOptional({ maxLength: MAX_PRINCIPAL })
  @Optional()
  @IsLine(MAX_PRINCIPAL)
  principal?: string;

  @ApiPropertyOptional({
    ...CAUSE,
    description: 'The `X-Correlation-Id` of the call, or its request id if it sent none',
  })
  @Optional()
  @IsCause()
  correlation_id?: string;

  @ApiPropertyOptional({ ...CAUSE, description: 'The request id of the call, or the id of the event, that caused it' })
  @Optional()
  @IsCause()
  causation_id?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'At or after this time' })
  @Optional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time' })
  @Optional()
  @IsInstant()
  to?: string;
}

export class StreamEventsQuery extends ByWhomAndWhenQuery {
  @ApiPropertyOptional(commaSeparated(REQUEST_EVENT_TYPES))
  @Optional()
  @IsQueryList(REQUEST_EVENT_TYPES)
  type?: string[];

  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @IsUuid()
  request_id?: string;
}

export class ListEventsQuery extends StreamEventsQuery {
  @IsLogPageLimit()
  limit?: number;
}

export class ListAuditQuery extends ByWhomAndWhenQuery {
  @ApiPropertyOptional(commaSeparated(AUDIT_EVENT_TYPES))
  @Optional()
  @IsQueryList(AUDIT_EVENT_TYPES)
  type?: string[];

  @IsLogPageLimit()
  limit?: number;
}
