import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsAmount,
  IsFlag,
  IsInstant,
  IsInteger,
  IsLine,
  IsListOf,
  IsNested,
  IsOneOf,
  IsSafeHttpsUrl,
  IsText,
  Nullable,
  Optional,
  OptionalInPatch,
} from '../../../infrastructure/http/fields/field-rules.ts';
import type { BlockReason, MilestoneStatus, Priority, RequestType, Status } from '../../domain/request.ts';
import { BLOCK_REASONS, MILESTONE_STATUSES, PRIORITIES, REQUEST_TYPES, STATUSES } from '../../domain/request.ts';

const MAX_MILESTONES = 200;
const MAX_PLAN = 100_000;
const MAX_DESCRIPTION = 20_000;
const MAX_TEXT = 4_000;
const MAX_LINE = 200;
const MAX_CODE = 100;
const MAX_URL = 2_000;

export class SubmitRequestBody {
  @ApiProperty({ enum: REQUEST_TYPES })
  @IsOneOf(REQUEST_TYPES)
  type!: RequestType;

  @ApiProperty({ minLength: 1, maxLength: MAX_LINE, example: 'Add rate limiting to public endpoints' })
  @IsLine(MAX_LINE)
  title!: string;

  @ApiProperty({ minLength: 1, maxLength: MAX_DESCRIPTION, example: 'Limit to 100 requests/minute per IP.' })
  @IsText(MAX_DESCRIPTION)
  description!: string;

  @ApiPropertyOptional({ enum: PRIORITIES, default: 'medium' })
  @Optional()
  @IsOneOf(PRIORITIES)
  priority?: Priority;
}

export class MilestoneBody {
  @ApiProperty({ maxLength: MAX_CODE, example: 'm1' })
  @IsLine(MAX_CODE)
  id!: string;

  @ApiProperty({ maxLength: MAX_LINE, example: 'Middleware' })
  @IsLine(MAX_LINE)
  title!: string;

  @ApiPropertyOptional({ maxLength: MAX_TEXT })
  @Optional()
  @IsText(MAX_TEXT)
  description?: string;

  @ApiProperty({ enum: MILESTONE_STATUSES })
  @IsOneOf(MILESTONE_STATUSES)
  status!: MilestoneStatus;
}

export class TestResultsBody {
  @ApiProperty({ type: 'integer', minimum: 0 })
  @IsInteger({ min: 0 })
  passed!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  @IsInteger({ min: 0 })
  failed!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  @IsInteger({ min: 0 })
  skipped!: number;

  @ApiPropertyOptional({ minimum: 0 })
  @Optional()
  @IsAmount()
  duration_ms?: number;

  @ApiPropertyOptional({ maxLength: MAX_TEXT })
  @Optional()
  @IsText(MAX_TEXT)
  summary?: string;

  @ApiPropertyOptional({ maxLength: MAX_URL, format: 'uri' })
  @Optional()
  @IsSafeHttpsUrl(MAX_URL)
  report_url?: string;
}

/** Fields accepted with a patch as well as with a change of status. */
class NotesBody {
  @ApiPropertyOptional({ type: String, maxLength: MAX_LINE, nullable: true, example: 'milestone 2 of 5: endpoints' })
  @OptionalInPatch()
  @Nullable()
  @IsLine(MAX_LINE)
  current_phase?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: MAX_LINE, nullable: true })
  @OptionalInPatch()
  @Nullable()
  @IsLine(MAX_LINE)
  session_id?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: MAX_TEXT, nullable: true })
  @OptionalInPatch()
  @Nullable()
  @IsText(MAX_TEXT)
  error_message?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: MAX_CODE, nullable: true })
  @OptionalInPatch()
  @Nullable()
  @IsLine(MAX_CODE)
  error_code?: string | null;
}

/** A JSON merge patch: omitted fields stay unchanged, null clears a field. */
export class ReviseRequestBody extends NotesBody {
  @ApiPropertyOptional({ maxLength: MAX_LINE })
  @OptionalInPatch()
  @IsLine(MAX_LINE)
  title?: string;

  @ApiPropertyOptional({ maxLength: MAX_DESCRIPTION })
  @OptionalInPatch()
  @IsText(MAX_DESCRIPTION)
  description?: string;

  @ApiPropertyOptional({ enum: PRIORITIES })
  @OptionalInPatch()
  @IsOneOf(PRIORITIES)
  priority?: Priority;

  @ApiPropertyOptional({ enum: STATUSES })
  @OptionalInPatch()
  @IsOneOf(STATUSES)
  status?: Status;

  @ApiPropertyOptional({ type: [MilestoneBody], maxItems: MAX_MILESTONES })
  @OptionalInPatch()
  @IsListOf(() => MilestoneBody, { maxItems: MAX_MILESTONES, uniqueBy: 'id' })
  milestones?: MilestoneBody[];

  @ApiPropertyOptional({ type: String, maxLength: MAX_PLAN, nullable: true, description: 'Markdown' })
  @OptionalInPatch()
  @Nullable()
  @IsText(MAX_PLAN)
  plan_document?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: MAX_URL, nullable: true, format: 'uri' })
  @OptionalInPatch()
  @Nullable()
  @IsSafeHttpsUrl(MAX_URL)
  pr_url?: string | null;

  @ApiPropertyOptional({ type: TestResultsBody, nullable: true })
  @OptionalInPatch()
  @Nullable()
  @IsNested(() => TestResultsBody)
  test_results?: TestResultsBody | null;
}

export class ChangeStatusBody extends NotesBody {
  @ApiProperty({ enum: STATUSES })
  @IsOneOf(STATUSES)
  status!: Status;

  @ApiPropertyOptional({ enum: BLOCK_REASONS, default: 'other', description: 'Only with status `blocked`' })
  @OptionalInPatch()
  @IsOneOf(BLOCK_REASONS)
  reason?: BlockReason;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'Only with status `blocked`' })
  @OptionalInPatch()
  @Nullable()
  @IsInstant()
  resume_at?: string | null;
}

export class ReasonBody {
  @ApiPropertyOptional({ type: String, maxLength: MAX_TEXT, nullable: true })
  @Optional()
  @Nullable()
  @IsText(MAX_TEXT)
  reason?: string | null;
}

export class RetryRequestBody extends ReasonBody {
  @ApiPropertyOptional({ default: false, description: 'Approves the request as of `version`, which is then required' })
  @Optional()
  @IsFlag()
  approve?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only with `approve`: the version that was reviewed',
  })
  @Optional()
  @IsInteger({ min: 0 })
  version?: number;
}
