import { ApiPropertyOptional } from '@nestjs/swagger';
import { commaSeparated } from '../../../infrastructure/http/fields/schemas.ts';
import { rule } from '../../../infrastructure/http/fields/validation.ts';
import { IsInstant, IsLine, IsOneOf, Optional } from '../../../infrastructure/http/fields/field-rules.ts';
import { IsQueryFlag, IsQueryInteger, IsQueryList } from '../../../infrastructure/http/fields/query-rules.ts';
import type { Priority, RequestType, Status } from '../../domain/request.ts';
import { isTerminal } from '../../domain/lifecycle.ts';
import { PRIORITIES, REQUEST_TYPES, STATUSES } from '../../domain/request.ts';
import type { Sort } from '../../queries/list-sql.ts';
import { MAX_SEARCH_WORDS, searchWords, SORTS } from '../../queries/list-sql.ts';

const PAGE = { min: 1, max: 100 };
const MAX_CURSOR = 1_000;
const MAX_PRINCIPAL = 200;

const MAX_SEARCH = 200;

const STATUS_FILTERS = [...STATUSES, 'open'] as const;
type StatusFilter = (typeof STATUS_FILTERS)[number];

/** The statuses selected by a filter. */
export function statusesOf(filter: readonly StatusFilter[]): Status[] {
  return STATUSES.filter((status) => filter.includes(status) || (filter.includes('open') && !isTerminal(status)));
}

/** Limits the number of distinct words, normalised as in the search. */
function HasFewWords(): PropertyDecorator {
  return rule('hasFewWords', (value) =>
    typeof value === 'string' && searchWords(value).length > MAX_SEARCH_WORDS
      ? `must have at most ${MAX_SEARCH_WORDS} different words`
      : undefined,
  );
}

export class ListRequestsQuery {
  @ApiPropertyOptional({
    ...commaSeparated(STATUS_FILTERS),
    description: '`open` stands for all statuses that are not final',
  })
  @Optional()
  @IsQueryList(STATUS_FILTERS)
  status?: StatusFilter[];

  @ApiPropertyOptional(commaSeparated(REQUEST_TYPES))
  @Optional()
  @IsQueryList(REQUEST_TYPES)
  type?: RequestType[];

  @ApiPropertyOptional(commaSeparated(PRIORITIES))
  @Optional()
  @IsQueryList(PRIORITIES)
  priority?: Priority[];

  @ApiPropertyOptional({
    maxLength: MAX_SEARCH,
    description: `Words that all occur in the title or the description, case-insensitively; at most ${MAX_SEARCH_WORDS} different ones`,
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

  @ApiPropertyOptional({ maxLength: MAX_PRINCIPAL, description: 'The principal that submitted the request' })
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
      'Statuses are sorted by name. With `completed_at` and `-completed_at`, requests that have not ended come last. Ties are sorted by submission, in reverse with `-`',
  })
  @Optional()
  @IsOneOf(SORTS)
  sort?: Sort;

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: 20 })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;

  @ApiPropertyOptional({ description: '`next_cursor` of the previous page. Filters and sort must be the same' })
  @Optional()
  @IsLine(MAX_CURSOR)
  cursor?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'The list as it was at this time: each request after its last event up to then. Needs `audit:read`. Not before the time that the health of the read model names, and not in the future',
  })
  @Optional()
  @IsInstant()
  as_of?: string;

  @ApiPropertyOptional({ type: Boolean, default: false })
  @Optional()
  @IsQueryFlag()
  include_total?: boolean;
}

export class ListPendingQuery {
  @ApiPropertyOptional(commaSeparated(REQUEST_TYPES))
  @Optional()
  @IsQueryList(REQUEST_TYPES)
  type?: RequestType[];

  @ApiPropertyOptional({ type: 'integer', minimum: PAGE.min, maximum: PAGE.max, default: 20 })
  @Optional()
  @IsQueryInteger(PAGE)
  limit?: number;
}

/** `version` and `as_of` are mutually exclusive. */
export class GetRequestQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Shows the request as of this version' })
  @Optional()
  @IsQueryInteger({ min: 0 })
  version?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'Shows the request as of this time' })
  @Optional()
  @IsInstant()
  as_of?: string;
}
