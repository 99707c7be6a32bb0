import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

const TYPES = ['feature', 'bug', 'research', 'refactor'];
const PRIORITIES = ['low', 'medium', 'high', 'critical'];
const STATUSES = [
  'pending',
  'planning',
  'implementing',
  'testing',
  'reviewing',
  'deploying',
  'completed',
  'failed',
  'blocked',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export class SubmitRequestDto {
  @IsIn(TYPES)
  type!: string;

  @IsString()
  @Length(1, 200)
  title!: string;

  @IsString()
  @Length(1, 20_000)
  description!: string;

  @IsOptional()
  @IsIn(PRIORITIES)
  priority?: string;
}

class MilestoneDto {
  @IsString()
  @Length(1, 100)
  id!: string;

  @IsString()
  @Length(1, 200)
  title!: string;

  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  description?: string;

  @IsIn(['pending', 'in_progress', 'completed', 'failed', 'skipped'])
  status!: string;
}

class TestResultsDto {
  @IsInt()
  @Min(0)
  passed!: number;

  @IsInt()
  @Min(0)
  failed!: number;

  @IsInt()
  @Min(0)
  skipped!: number;
}

export class ReviseRequestDto {
  @IsOptional()
  @IsString()
  @Length(1, 200)
  title?: string;

  @IsOptional()
  @IsString()
  @Length(1, 20_000)
  description?: string;

  @IsOptional()
  @IsIn(PRIORITIES)
  priority?: string;

  @IsOptional()
  @IsIn(STATUSES)
  status?: Status;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  current_phase?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  session_id?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => MilestoneDto)
  milestones?: MilestoneDto[];

  @IsOptional()
  @IsString()
  @MaxLength(100_000)
  plan_document?: string | null;

  @IsOptional()
  @IsUrl({ protocols: ['https'] })
  @MaxLength(2_000)
  pr_url?: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TestResultsDto)
  test_results?: TestResultsDto | null;

  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  error_message?: string | null;

  @IsOptional()
  @IsString()
  @MaxLength(100)
  error_code?: string | null;
}

export class ListRequestsDto {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 20;

  @IsOptional()
  @IsString()
  cursor?: string;

  @Transform(({ value }) => value === true || value === 'true')
  @IsBoolean()
  include_total = false;
}
