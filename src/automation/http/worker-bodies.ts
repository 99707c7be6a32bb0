import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { rule } from '../../infrastructure/http/fields/field-context.ts';
import { IsInstant, IsOneOf, Nullable, Optional } from '../../infrastructure/http/fields/field-rules.ts';
import { IsLine } from '../../infrastructure/http/fields/text-rules.ts';
import type { DeclaredState, Worker } from '../workers/workers.ts';
import { DECLARED_STATES, WORKER_STATES } from '../workers/workers.ts';

const MAX_LINE = 200;
const MAX_REPOSITORIES = 200;
const MAX_REPOSITORY = 100;
const REPOSITORY_PATTERN = '^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$';
const REPOSITORY = new RegExp(REPOSITORY_PATTERN);

/** Names of repositories, each once. */
function IsRepositoryList(): PropertyDecorator {
  return rule('isRepositoryList', (value) => {
    if (!Array.isArray(value)) return 'must be a list';
    if (value.length > MAX_REPOSITORIES) return `must have at most ${MAX_REPOSITORIES} items`;
    if (!value.every((name) => typeof name === 'string' && name.length <= MAX_REPOSITORY && REPOSITORY.test(name)))
      return 'must hold names of repositories such as acme/shop';
    return new Set(value).size === value.length ? undefined : 'must name each repository once';
  });
}

const text = { type: String, nullable: true } as const;
const time = { type: String, format: 'date-time', nullable: true } as const;

/** A worker's sign of life. */
export class HelloBody {
  @ApiProperty({ maxLength: MAX_LINE, example: '0.1.0' })
  @IsLine(MAX_LINE)
  version!: string;

  @ApiProperty({
    type: 'array',
    maxItems: MAX_REPOSITORIES,
    uniqueItems: true,
    items: { type: 'string', maxLength: MAX_REPOSITORY, pattern: REPOSITORY_PATTERN },
    description: 'Those it works on by name; empty for one that serves requests without a repository alone',
  })
  @IsRepositoryList()
  repositories!: string[];

  @ApiProperty({ enum: DECLARED_STATES })
  @IsOneOf(DECLARED_STATES)
  state!: DeclaredState;

  @ApiPropertyOptional({ ...text, maxLength: MAX_LINE, description: 'Why it is paused or locked out' })
  @Optional()
  @Nullable()
  @IsLine(MAX_LINE)
  reason?: string | null;

  @ApiPropertyOptional({ ...time, description: 'When its pause is expected to end' })
  @Optional()
  @Nullable()
  @IsInstant()
  until?: string | null;
}

export class WorkerResource implements Worker {
  @ApiProperty({ example: 'dev-1' })
  name!: string;

  @ApiProperty({ ...text, description: 'Null for a worker that claims and never says hello' })
  version!: string | null;

  @ApiProperty({ type: [String] })
  repositories!: string[];

  @ApiProperty({ enum: WORKER_STATES, description: '`gone`: not heard of for three minutes' })
  state!: Worker['state'];

  @ApiProperty(text)
  reason!: string | null;

  @ApiProperty(time)
  until!: string | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'Last sign of life: a hello, claim or heartbeat' })
  last_seen_at!: string;
}
