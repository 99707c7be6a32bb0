import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { RequestStreams } from '../commands/request-streams.ts';
import type { Attempt, Instant } from '../domain/request.ts';
import { liveAttempt } from '../domain/request.ts';
import { LeaseBook } from '../deadlines/lease-book.ts';
import { RequestNotFound } from '../domain/errors.ts';

export interface FoundAttempt {
  readonly attempt: Attempt;
  /** Null once the attempt has ended. */
  readonly leaseExpiresAt: Instant | null;
}

/** The attempts of a request, oldest first. */
export class ListAttempts extends Query<readonly FoundAttempt[]> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ListAttempts)
export class ListAttemptsHandler implements IQueryHandler<ListAttempts> {
  constructor(
    private readonly streams: RequestStreams,
    private readonly leases: LeaseBook,
  ) {}

  async execute({ id }: ListAttempts): Promise<readonly FoundAttempt[]> {
    const known = await this.streams.load(id).catch((error: unknown) => {
      if (error instanceof StreamTruncatedError) return null;
      throw error;
    });
    if (!known) throw new RequestNotFound();
    const live = liveAttempt(known.request);
    const expiry = live && (await this.leases.expiry(id, live));
    return known.request.attempts.map((attempt) => ({ attempt, leaseExpiresAt: attempt === live ? expiry : null }));
  }
}
