import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Request } from 'express';
import { callerOf } from '../../access/http/caller.ts';
import { Standing } from '../../access/http/standing.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { EndCode } from '../feeds/live-stream.ts';
import { ListAttempts } from '../queries/list-attempts.ts';
import { OwnRequests } from './own-requests.ts';

/** Watches whether the callers of streams may still see what they follow. */
@Injectable()
export class StreamRights {
  constructor(
    private readonly standing: Standing,
    private readonly queries: QueryBus,
    private readonly own: OwnRequests,
  ) {}

  /**
   * A check to be repeated while the stream lasts: of the credential, of the attempt that a token belongs to, and, with `requestId`, of
   * whether the caller may see that request. Its result is why the stream must end, or null.
   */
  watch(request: Request, requestId?: string): () => Promise<EndCode | null> {
    let seenAs = this.own.creatorFor(request.context);
    return async () => {
      const code = await this.standing.lostBy(request);
      if (code !== null) return code;
      const { token } = callerOf(request.context);
      if (token) return (await this.#isLive(token)) ? null : 'unauthenticated';
      const creator = this.own.creatorFor(request.context);
      if (requestId === undefined || creator === seenAs) return null;
      seenAs = creator;
      return (await this.#isHidden(request, requestId)) ? 'forbidden' : null;
    };
  }

  async #isLive({ requestId, attempt }: { readonly requestId: string; readonly attempt: number }): Promise<boolean> {
    const attempts = await this.queries.execute(new ListAttempts(requestId));
    return attempts.some((it) => it.attempt.attempt === attempt && it.leaseExpiresAt !== null);
  }

  async #isHidden({ context }: Request, requestId: string): Promise<boolean> {
    try {
      await this.own.check(context, requestId);
      return false;
    } catch (error) {
      if (error instanceof RequestNotFound) return true;
      throw error;
    }
  }
}
