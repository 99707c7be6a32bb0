import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT, INSTANT } from '../../infrastructure/http/fields/schemas.ts';
import type { AuditBundle, BundledEvent } from '../bundle-format.ts';
import { BUNDLE_FORMAT } from '../bundle-format.ts';

@ApiSchema({ description: 'An event as it is stored.' })
export class BundledEventResource implements BundledEvent {
  @ApiProperty({ example: 'automation_request-01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11' })
  readonly stream!: string;

  @ApiProperty({ ...COUNT, description: 'Number of the event in its stream' })
  readonly revision!: number;

  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ example: 'RequestSubmitted' })
  readonly type!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly data!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'With the hash that links it to the event before it',
  })
  readonly metadata!: object;
}

@ApiSchema({ description: 'The history of a request, with everything needed to verify it offline.' })
export class AuditBundleResource implements AuditBundle {
  @ApiProperty({ enum: [BUNDLE_FORMAT] })
  readonly format!: string;

  @ApiProperty({ format: 'uuid' })
  readonly request_id!: string;

  @ApiProperty({ type: [BundledEventResource] })
  readonly events!: readonly BundledEventResource[];

  @ApiProperty({
    description: 'A signed note for people: a line for each event with revision, time, type, principal and hash',
  })
  readonly chain!: string;

  @ApiProperty({ type: [String], description: 'A C2SP `tlog-proof` for each event, in their order' })
  readonly proofs!: readonly string[];

  @ApiProperty({ description: 'The checkpoint of the tree that all proofs lead to, a signed note' })
  readonly checkpoint!: string;

  @ApiProperty({ type: [String], description: 'Public keys, as C2SP `signed-note` writes them' })
  readonly keys!: readonly string[];

  @ApiProperty(INSTANT)
  readonly made_at!: string;
}

const CHECKPOINT =
  'log.example.org/automation\n1\nbiwiYA7hfUxR3lyG8mDI9ry9i5Yxt0FZNhpCZm8qR5I=\n\n— log.example.org/automation Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
const ID = '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11';
const HASH = '9cb27274a89a9b4978bbb46149a6eba31dac1a190a7ef360fa7c5a467cc526be';

export const bundle: AuditBundleResource = {
  format: BUNDLE_FORMAT,
  request_id: ID,
  events: [
    {
      stream: `automation_request-${ID}`,
      revision: 0,
      id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
      type: 'RequestSubmitted',
      data: { type: 'feature', priority: 'high', title: 'Add rate limiting to public endpoints' },
      metadata: { principal: 'board', occurred_at: '2030-01-31T09:30:00.000Z', hash: HASH, previous_hash: null },
    },
  ],
  chain: `${BUNDLE_FORMAT}\nrequest ${ID}\nmade 2030-01-31T10:00:00.000Z\nevents 1\n0 2030-01-31T09:30:00.000Z RequestSubmitted "board" ${HASH}\n\n— log.example.org/automation …\n`,
  proofs: [`c2sp.org/tlog-proof@v1\nindex 0\n\n${CHECKPOINT}`],
  checkpoint: CHECKPOINT,
  keys: ['log.example.org/automation+6de5ddbe+AZ8rpvtQWRHIXRRDcQmH8MeVAbxRwlnLJwwhoVHW4gr7'],
  made_at: '2030-01-31T10:00:00.000Z',
};
