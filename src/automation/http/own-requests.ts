import { Inject, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Config } from '../../config.ts';
import { CONFIG } from '../../config.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { FoundRequest } from '../queries/found-request.ts';
import { GetRequest } from '../queries/get-request.ts';
import type { Caller } from '../../access/http/caller.ts';
import { callerOf } from '../../access/http/caller.ts';

/**
 * With `AUTOMATION_OWN_ONLY`, callers that may only submit and read see just their own requests. Others are missing from lists, and getting
 * them by id returns 404, as if they did not exist.
 */
@Injectable()
export class OwnRequests {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly queries: QueryBus,
  ) {}

  /** The creator to whose requests this caller is restricted, or null without a restriction. */
  creatorFor(context: RequestContext): string | null {
    const caller = callerOf(context);
    return this.config.access.ownOnly && seesOwnOnly(caller) ? caller.name : null;
  }

  /** The request as it is now. Throws `RequestNotFound` if the caller may not see it. */
  async find(context: RequestContext, id: string): Promise<FoundRequest> {
    const found = await this.queries.execute(new GetRequest(id, context.position ?? null));
    const creator = this.creatorFor(context);
    if (creator !== null && found.request.created_by !== creator) throw new RequestNotFound();
    return found;
  }

  /** Throws `RequestNotFound` if the caller may not see the request. */
  async check(context: RequestContext, id: string): Promise<void> {
    if (this.creatorFor(context) !== null) await this.find(context, id);
  }
}

/** Callers that work on, manage or audit requests see all of them. A token is limited to one request anyway. */
function seesOwnOnly({ scopes, token }: Caller): boolean {
  if (token) return false;
  return !(['requests:manage', 'attempts:work', 'audit:read', 'admin'] as const).some((scope) => scopes.has(scope));
}
