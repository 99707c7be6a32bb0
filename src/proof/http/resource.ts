import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT } from '../../infrastructure/http/fields/schemas.ts';

@ApiSchema({ description: 'A proof that one tree begins with another (RFC 6962, section 2.1.2).' })
export class ConsistencyResource {
  @ApiProperty({ ...COUNT, description: 'Number of leaves of the older tree' })
  readonly from!: number;

  @ApiProperty({ ...COUNT, description: 'Number of leaves of the newer tree' })
  readonly to!: number;

  @ApiProperty({ type: [String], description: 'Hashes in the order of RFC 6962, in base64' })
  readonly hashes!: readonly string[];
}
