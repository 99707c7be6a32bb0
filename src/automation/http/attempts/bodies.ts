import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import {
  IsAmount,
  IsFlag,
  IsFreeObject,
  IsInstant,
  IsInteger,
  IsLine,
  IsNested,
  IsOneOf,
  IsSafeHttpsUrl,
  IsText,
  Nullable,
  Optional,
} from '../../../infrastructure/http/fields/field-rules.ts';
import { rule } from '../../../infrastructure/http/fields/validation.ts';
import { validationFailed } from '../../../infrastructure/http/problems/problem-details.ts';
import type { AttemptReport, DeliveryReport, ReportedOutcome } from '../../domain/request.ts';
import { REPORTED_OUTCOMES } from '../../domain/request.ts';

const MAX_TEXT = 4_000;
const MAX_LINE = 200;
const MAX_CODE = 100;
const MAX_REF = 255;
const MAX_COMMIT = 64;
const MAX_URL = 2_000;
const MAX_USAGE_BYTES = 8 * 1024;
const LEASE_SECONDS = { min: 15, max: 3_600 };
export const DEFAULT_LEASE_SECONDS = 120;

const SHA256 = {
  pattern: '^[0-9a-f]{64}$',
  example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/** Lower-case hex of a SHA-256. */
function IsSha256(): PropertyDecorator {
  return rule('isSha256', (value) => {
    return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
      ? undefined
      : 'must be a SHA-256 in lower-case hex';
  });
}

/** What the worker will run, as the event of the claim records it. */
export class AgentMarkBody {
  @ApiPropertyOptional({ maxLength: MAX_CODE, example: '0.1.0+1f2e3d4c5b6a' })
  @Optional()
  @IsLine(MAX_CODE)
  kit_version?: string;

  @ApiPropertyOptional({ ...SHA256, description: "Of the kit's files: commands, agents, guard and scripts" })
  @Optional()
  @IsSha256()
  kit_sha256?: string;

  @ApiPropertyOptional({ ...SHA256, description: "Of the agent's command line, which has the prompt" })
  @Optional()
  @IsSha256()
  prompt_sha256?: string;
}

export class ClaimRequestBody {
  @ApiProperty({ maxLength: MAX_LINE, example: 'dev-1' })
  @IsLine(MAX_LINE)
  worker!: string;

  @ApiPropertyOptional({ type: String, maxLength: MAX_LINE, nullable: true })
  @Optional()
  @Nullable()
  @IsLine(MAX_LINE)
  session_id?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: LEASE_SECONDS.min,
    maximum: LEASE_SECONDS.max,
    default: DEFAULT_LEASE_SECONDS,
  })
  @Optional()
  @IsInteger(LEASE_SECONDS)
  lease_seconds?: number;

  @ApiPropertyOptional({
    default: false,
    description: 'The worker delivers the work: its agent only claims completion, and the report completes the request',
  })
  @Optional()
  @IsFlag()
  delivers?: boolean;

  @ApiPropertyOptional({ type: AgentMarkBody })
  @Optional()
  @IsNested(() => AgentMarkBody)
  agent?: AgentMarkBody;
}

const COMMIT = { maxLength: MAX_COMMIT, example: 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e' };

/** Run figures so far. */
export class HeartbeatBody {
  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  @Optional()
  @IsInteger({ min: 0 })
  num_turns?: number;

  @ApiPropertyOptional({ minimum: 0 })
  @Optional()
  @IsAmount()
  cost_usd?: number;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Token counts, at most 8 KiB' })
  @Optional()
  @IsFreeObject(MAX_USAGE_BYTES)
  usage?: Record<string, unknown>;
}

/** The three variants of `delivery`, for the OpenAPI document. */
class DeliveredBody {
  @ApiProperty({ maxLength: MAX_REF, example: 'automation/0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e' })
  branch!: string;

  @ApiProperty({ ...COMMIT })
  commit!: string;

  @ApiPropertyOptional({ maxLength: MAX_URL, format: 'uri' })
  pr_url?: string;
}

class NothingToDeliverBody {
  @ApiProperty({ enum: [true] })
  nothing!: true;
}

class UndeliveredWorkBody {
  @ApiProperty({ ...COMMIT })
  @IsLine(MAX_COMMIT)
  commit!: string;

  @ApiProperty({ maxLength: MAX_REF, description: 'The ref that holds the commit' })
  @IsLine(MAX_REF)
  ref!: string;

  @ApiProperty({ maxLength: MAX_TEXT, description: 'Why the work could not be delivered, for people to read' })
  @IsText(MAX_TEXT)
  why!: string;
}

class UndeliveredBody {
  @ApiProperty({ type: UndeliveredWorkBody })
  undelivered!: UndeliveredWorkBody;
}

const DELIVERIES = [DeliveredBody, NothingToDeliverBody, UndeliveredBody];

/** Any of the three variants as sent; {@link deliveryFaults} checks that it is exactly one. */
class DeliveryBody {
  @Optional()
  @IsLine(MAX_REF)
  branch?: string;

  @Optional()
  @IsLine(MAX_COMMIT)
  commit?: string;

  @Optional()
  @IsSafeHttpsUrl(MAX_URL)
  pr_url?: string;

  @Optional()
  @IsFlag()
  nothing?: boolean;

  @Optional()
  @IsNested(() => UndeliveredWorkBody)
  undelivered?: UndeliveredWorkBody;
}

@ApiExtraModels(...DELIVERIES)
export class ReportAttemptBody extends HeartbeatBody {
  @ApiProperty({ enum: REPORTED_OUTCOMES })
  @IsOneOf(REPORTED_OUTCOMES)
  outcome!: ReportedOutcome;

  @ApiPropertyOptional({ maxLength: MAX_CODE })
  @Optional()
  @IsLine(MAX_CODE)
  error_code?: string;

  @ApiPropertyOptional({ maxLength: MAX_TEXT })
  @Optional()
  @IsText(MAX_TEXT)
  error_message?: string;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Exit code of the agent; the negative signal number if a signal ended it',
  })
  @Optional()
  @IsInteger({ min: -255, max: 255 })
  exit_code?: number;

  @ApiPropertyOptional({ minimum: 0 })
  @Optional()
  @IsAmount()
  duration_ms?: number;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Only with outcome `blocked`' })
  @Optional()
  @IsInstant()
  resume_at?: string;

  @ApiPropertyOptional({
    oneOf: DELIVERIES.map((it) => ({ $ref: getSchemaPath(it) })),
    description: 'What happened to the finished work',
  })
  @Optional()
  @IsNested(() => DeliveryBody)
  delivery?: DeliveryReport;
}

/** Converts the body to the domain's report. Throws a `validation-failed` problem if fields do not go together. */
export function reportOf({ ...report }: ReportAttemptBody): AttemptReport {
  const faults = report.delivery === undefined ? [] : deliveryFaults(report.delivery);
  if (report.resume_at !== undefined && report.outcome !== 'blocked') {
    faults.push({ pointer: '/resume_at', detail: 'is only allowed with outcome blocked' });
  }
  if (faults.length > 0) throw validationFailed(faults);
  return report;
}

function deliveryFaults({
  branch,
  commit,
  pr_url,
  nothing,
  undelivered,
}: DeliveryBody): { pointer: string; detail: string }[] {
  const isDelivered = branch !== undefined || commit !== undefined || pr_url !== undefined;
  const given = [isDelivered, nothing !== undefined, undelivered !== undefined].filter(Boolean).length;
  if (given !== 1) {
    return [{ pointer: '/delivery', detail: 'must have either branch and commit, or nothing, or undelivered' }];
  }
  if (nothing === false) return [{ pointer: '/delivery/nothing', detail: 'can only be true' }];
  if (!isDelivered) return [];
  const missing = [branch === undefined ? ['branch'] : [], commit === undefined ? ['commit'] : []].flat();
  return missing.map((name) => ({ pointer: `/delivery/${name}`, detail: 'is required' }));
}
