import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { RequestStreams } from '../commands/request-streams.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { AttemptView } from './request-view.ts';
import { attemptView } from './request-view.ts';

/** The attempts of a request, oldest first. */
export class ListAttempts extends Query<readonly AttemptView[]> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ListAttempts)
export class ListAttemptsHandler implements IQueryHandler<ListAttempts> {
  constructor(private readonly streams: RequestStreams) {}

  async execute({ id }: ListAttempts): Promise<readonly AttemptView[]> {
    const known = await this.streams.load(id);
    if (!known) throw new RequestNotFound();
    return known.request.attempts.map(attemptView);
  }
}
