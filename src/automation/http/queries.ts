import { ApiPropertyOptional } from '@nestjs/swagger';
import { rule } from '../../infrastructure/http/fields/field-context.ts';
import { IsInstant, IsOneOf, IsUuid, Optional } from '../../infrastructure/http/fields/field-rules.ts';
import { IsPosition, IsQueryFlag, IsQueryInteger, IsQueryList } from '../../infrastructure/http/fields/query-rules.ts';
import { IsLine } from '../../infrastructure/http/fields/text-rules.ts';
import type { Priority, RequestType, Status } from '../domain/request.ts';
import { isTerminal } from '../domain/lifecycle.ts';
import { PRIORITIES, REQUEST_TYPES, STATUSES } from '../domain/request.ts';
import { REQUEST_EVENT_TYPES } from '../events/upcasters.ts';
import type { Sort } from '../queries/list-sql.ts';
import { MAX_SEARCH_WORDS, searchWords, SORTS } from '../queries/list-sql.ts';

const PAGE = { min: 1, max: 100 };
const EVENT_PAGE = { min: 1, max: 1_000 };
const MAX_CURSOR = 1_000;
const MAX_PRINCIPAL = 200;
const list = (values: readonly string[]) => ({
  enum: [...values],
  isArray: true,
  style: 'form' as const,
  explode: false,
});

const MAX_SEARCH = 200;

const STATUS_FILTERS = [...STATUSES, 'open'] as const;
type StatusFilter = (typeof STATUS_FILTERS)[number];

/** The statuses that a filter stands for. */
export function statusesOf(filter: readonly StatusFilter[]): Status[] {
  return STATUSES.filter((status) => filter.includes(status) || (filter.includes('open') && !isTerminal(status)));
}

/** Words are told apart as they are compared. */
function HasFewWords(): PropertyDecorator {
  return rule('hasFewWords', (value) =>
    typeof value === 'string' && searchWords(value).length > MAX_SEARCH_WORDS
      ? `must have at most ${MAX_SEARCH_WORDS} different words`
      : undefined,
  );
}

/** Narrows and orders the list of requests. */
export class ListRequestsQuery {
  @ApiPropertyOptional({ ...list(STATUS_FILTERS), description: '`open` is each that is not terminal' })
  @Optional()
  @IsQueryList(STATUS_FILTERS)
  status?: StatusFilter[];

  @ApiPropertyOptional(list(REQUEST_TYPES))
  @Optional()
  @IsQueryList(REQUEST_TYPES)
  type?: RequestType[];

  @ApiPropertyOptional(list(PRIORITIES))
  @Optional()
  @IsQueryList(PRIORITIES)
  priority?: Priority[];

  @ApiPropertyOptional({
    maxLength: MAX_SEARCH,
    description: `Each word is in the title or the description, in any case; at most ${MAX_SEARCH_WORDS} different words`,
  })
  @Optional()
  @IsLine(MAX_SEARCH)
  @HasFewWords()
  q?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @Optional()
  @IsInstant()
  created_after?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @Optional()
  @IsInstant()
  created_before?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @Optional()
  @IsInstant()
  updated_after?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Completed, failed or cancelled at or after this time' })
  @Optional()
  @IsInstant()
  completed_after?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Completed, failed or cancelled before this time' })
  @Optional()
  @IsInstant()
  completed_before?: string;

  @ApiPropertyOptional({ maxLength: MAX_PRINCIPAL, description: 'The principal that submitted' })
  @Optional()
  @IsLine(MAX_PRINCIPAL)
  created_by?: string;

  @ApiPropertyOptional({ maxLength: 200 })
  @Optional()
  @IsLine(200)
  session_id?: string;

  @ApiPropertyOptional({
    enum: SORTS,
    default: '-created_at',
    description:
      'Statuses sort by name. By `completed_at` and `-completed_at`, what has not ended comes last. Ties are in order of submission, reversed for `-`',
  })
  @Optional()
  @IsOneOf(SORTS)
  sort?: Sort;

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: 20 })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before, with the same filters and sort' })
  @Optional()
  @IsLine(MAX_CURSOR)
  cursor?: string;

  @ApiPropertyOptional({ type: Boolean, default: false })
  @Optional()
  @IsQueryFlag()
  include_total?: boolean;
}

export class ListPendingQuery {
  @ApiPropertyOptional(list(REQUEST_TYPES))
  @Optional()
  @IsQueryList(REQUEST_TYPES)
  type?: RequestType[];

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: 20 })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;
}

/** At most one of the two. */
export class GetRequestQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'The request after this event' })
  @Optional()
  @IsQueryInteger({ min: 0 })
  version?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'The request as it was at this time' })
  @Optional()
  @IsInstant()
  as_of?: string;
}

export class ListRefusalsQuery {
  @ApiPropertyOptional({ type: String, description: 'Position of the log, decimal: only what was recorded after it' })
  @Optional()
  @IsPosition()
  after?: bigint;

  @ApiPropertyOptional({ type: 'integer', minimum: EVENT_PAGE.min, maximum: EVENT_PAGE.max, default: 100 })
  @Optional()
  @IsQueryInteger(EVENT_PAGE)
  limit?: number;
}

export class ListRequestEventsQuery {
  @ApiPropertyOptional({ type: String, description: 'Position of the log, decimal: only events after it' })
  @Optional()
  @IsPosition()
  after?: bigint;

  @ApiPropertyOptional({ type: 'integer', minimum: EVENT_PAGE.min, maximum: EVENT_PAGE.max, default: 100 })
  @Optional()
  @IsQueryInteger(EVENT_PAGE)
  limit?: number;

  @ApiPropertyOptional(list(REQUEST_EVENT_TYPES))
  @Optional()
  @IsQueryList(REQUEST_EVENT_TYPES)
  type?: string[];
}

export class ListEventsQuery extends ListRequestEventsQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @IsUuid()
  request_id?: string;

  @ApiPropertyOptional({ maxLength: MAX_PRINCIPAL })
  @Optional()
  @IsLine(MAX_PRINCIPAL)
  principal?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'At or after this time' })
  @Optional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time' })
  @Optional()
  @IsInstant()
  to?: string;
}
