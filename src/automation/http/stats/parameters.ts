import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, IsLine, Optional } from '../../../infrastructure/http/fields/field-rules.ts';

const MAX_NAMES = 1_000;

export class StatsQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'From this time on. Default: 90 days before `to`' })
  @Optional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Before this time, at most 366 days after `from`. Default: now',
  })
  @Optional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({
    maxLength: MAX_NAMES,
    description: 'Of these repositories, separated by commas; `-` stands for none',
  })
  @Optional()
  @IsLine(MAX_NAMES)
  repository?: string;

  @ApiPropertyOptional({
    maxLength: MAX_NAMES,
    description: 'With one of these labels, separated by commas; `-` stands for none',
  })
  @Optional()
  @IsLine(MAX_NAMES)
  label?: string;
}
