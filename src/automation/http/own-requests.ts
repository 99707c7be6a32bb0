import { Inject, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Config } from '../../config.ts';
import { CONFIG } from '../../config.ts';
import { RequestNotFound } from '../domain/errors.ts';
import { GetRequest } from '../queries/get-request.ts';
import type { Caller } from './caller.ts';
import { callerOf } from './caller.ts';

/**
 * With `AUTOMATION_OWN_ONLY`, who may do no more than submit and read sees what it submitted, and nothing of others: their requests are not
 * in its lists, and 404 by id, as if there were none.
 */
@Injectable()
export class OwnRequests {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly queries: QueryBus,
  ) {}

  /** Whose requests a list shows this caller; null for everyone's. */
  creatorFor(context: RequestContext): string | null {
    const caller = callerOf(context);
    return this.config.access.ownOnly && seesOwnOnly(caller) ? caller.name : null;
  }

  /** Throws `RequestNotFound` when the request is there and not for this caller. */
  async check(context: RequestContext, id: string): Promise<void> {
    const creator = this.creatorFor(context);
    if (creator === null) return;
    const { created_by } = await this.queries.execute(new GetRequest(id, context.position ?? null));
    if (created_by !== creator) throw new RequestNotFound();
  }
}

/** Whoever works on requests, manages or audits them sees all. A token is for one request anyhow. */
function seesOwnOnly({ scopes, token }: Caller): boolean {
  if (token) return false;
  return !(['requests:manage', 'attempts:work', 'audit:read', 'admin'] as const).some((scope) => scopes.has(scope));
}
