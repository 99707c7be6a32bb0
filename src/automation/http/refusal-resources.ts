import { ApiProperty } from '@nestjs/swagger';

const text = { type: String, nullable: true } as const;
const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

class RefusalResource {
  @ApiProperty({ example: 'unauthenticated' })
  code!: string;

  @ApiProperty({ example: 'expired-key', description: 'Why, where the caller was told less' })
  fault!: string;

  @ApiProperty({ ...text, description: 'Who it was, or whose the credential had been' })
  principal!: string | null;

  @ApiProperty(text)
  address!: string | null;

  @ApiProperty({ example: 'POST' })
  method!: string;

  @ApiProperty({ ...text, example: '/api/v1/automation/requests/:id' })
  route!: string | null;

  @ApiProperty(text)
  missing_scope!: string | null;

  @ApiProperty({ ...text, format: 'uuid' })
  request_id!: string | null;

  @ApiProperty({ ...count, description: 'So often, alike but for the time' })
  count!: number;

  @ApiProperty(time)
  first_at!: string;

  @ApiProperty(time)
  last_at!: string;
}

/** One event of an audit stream. */
export class RefusalsResource {
  @ApiProperty({ description: 'In the log; decimal' })
  position!: string;

  @ApiProperty(time)
  from!: string;

  @ApiProperty(time)
  until!: string;

  @ApiProperty(count)
  total!: number;

  @ApiProperty({ type: [RefusalResource] })
  refusals!: RefusalResource[];

  @ApiProperty({ ...count, description: 'Of so many no more is known: there were too many kinds at once' })
  unlisted!: number;
}
