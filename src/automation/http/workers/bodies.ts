import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import { rule } from '../../../infrastructure/http/fields/validation.ts';
import { IsInstant, IsLine, IsOneOf, Nullable, Optional } from '../../../infrastructure/http/fields/field-rules.ts';
import type { DeclaredState } from '../../workers/workers.ts';
import { DECLARED_STATES } from '../../workers/workers.ts';

const MAX_LINE = 200;
const MAX_REPOSITORIES = 200;
const MAX_REPOSITORY = 100;
const REPOSITORY_PATTERN = '^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$';
const REPOSITORY = new RegExp(REPOSITORY_PATTERN);

/** A list of distinct repository names. */
function IsRepositoryList(): PropertyDecorator {
  return rule('isRepositoryList', (value) => {
    if (!Array.isArray(value)) return 'must be a list';
    if (value.length > MAX_REPOSITORIES) return `must have at most ${MAX_REPOSITORIES} items`;
    if (!value.every((name) => typeof name === 'string' && name.length <= MAX_REPOSITORY && REPOSITORY.test(name)))
      return 'must contain names of repositories, such as acme/shop';
    return new Set(value).size === value.length ? undefined : 'must name each repository once';
  });
}

export class HelloBody {
  @ApiProperty({ maxLength: MAX_LINE, example: '0.1.0' })
  @IsLine(MAX_LINE)
  version!: string;

  @ApiProperty({
    type: 'array',
    maxItems: MAX_REPOSITORIES,
    uniqueItems: true,
    items: { type: 'string', maxLength: MAX_REPOSITORY, pattern: REPOSITORY_PATTERN },
    description: 'The repositories it works on; empty if it only takes requests without a repository',
  })
  @IsRepositoryList()
  repositories!: string[];

  @ApiProperty({ enum: DECLARED_STATES })
  @IsOneOf(DECLARED_STATES)
  state!: DeclaredState;

  @ApiPropertyOptional({ ...TEXT_OR_NULL, maxLength: MAX_LINE, description: 'Why the worker is paused or locked out' })
  @Optional()
  @Nullable()
  @IsLine(MAX_LINE)
  reason?: string | null;

  @ApiPropertyOptional({ ...INSTANT_OR_NULL, description: 'When the worker expects its pause to end' })
  @Optional()
  @Nullable()
  @IsInstant()
  until?: string | null;
}
