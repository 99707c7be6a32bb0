/** The fastest CRUD: like p1, with a change in one statement and thus one round trip. */
import { ConflictException, Injectable } from '@nestjs/common';
import { PostgresRequests } from './shell/postgres-requests.ts';
import type { ReviseRequestDto } from './shell/request.dto.ts';
import type { RequestResource } from './shell/request.ts';
import { sourcesOf } from './shell/request.ts';
import { FIELDS, parameterOf } from './shell/requests-table.ts';
import { serve } from './shell/serve.ts';

@Injectable()
class RequestsInOneStatement extends PostgresRequests {
  override async revise(id: string, patch: ReviseRequestDto): Promise<RequestResource> {
    const fields = Object.keys(patch) as (keyof ReviseRequestDto)[];
    const { rows } = await this.pool.query<RequestResource>({
      name: `revise ${fields.join()}`,
      text: reviseStatement(fields),
      values: [
        id,
        patch.status === undefined ? null : [patch.status, ...sourcesOf(patch.status)],
        JSON.stringify(patch),
        'anonymous',
        ...fields.map((field) => parameterOf(patch[field])),
      ],
    });
    if (rows[0]) return rows[0];
    // Not found, nothing to change, or a forbidden transition: a second query tells these rare cases apart.
    const request = await this.get(id);
    if (patch.status === undefined || patch.status === request.status) return request;
    throw new ConflictException(`A request cannot go from ${request.status} to ${patch.status}.`);
  }
}

function reviseStatement(fields: readonly (keyof ReviseRequestDto)[]): string {
  const bound = fields.map((field, i) => [field, `$${i + 5}`] as const);
  const isStatus = fields.includes('status');
  const status = bound.find(([field]) => field === 'status')?.[1];
  return `
    WITH request AS (
      UPDATE requests SET
        ${bound.map(([field, value]) => `${field} = ${value}`).join(', ')},
        ${
          isStatus
            ? `started_at = CASE WHEN ${status} IN ('planning', 'implementing') THEN coalesce(started_at, now()) ELSE started_at END,
               completed_at = CASE WHEN ${status} IN ('completed', 'failed', 'cancelled') THEN now()
                                   WHEN ${status} = 'pending' THEN NULL ELSE completed_at END,`
            : ''
        }
        last_update = now(), version = version + 1
      WHERE id = $1 AND ($2::text[] IS NULL OR status = ANY($2))
        AND (${bound.map(([field, value]) => `${field} IS DISTINCT FROM ${value}`).join(' OR ')})
      RETURNING ${FIELDS.join(', ')}
    ), history AS (
      INSERT INTO request_history (request_id, version, changes, changed_by)
      SELECT id, version, $3, $4 FROM request
    )
    SELECT * FROM request`;
}

await serve(RequestsInOneStatement);
