import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type { RefusalPage } from '../../access/refusal-history.ts';
import { RefusalHistory } from '../../access/refusal-history.ts';
import { inTurn } from './list-events.ts';

/** What was refused, in the order in which it was recorded. `after` is a position of the log, `limit` 1 to 1,000. */
export class ListRefusals extends Query<RefusalPage> {
  constructor(
    readonly after: bigint | null,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListRefusals)
export class ListRefusalsHandler implements IQueryHandler<ListRefusals> {
  constructor(private readonly history: RefusalHistory) {}

  execute({ after, limit }: ListRefusals): Promise<RefusalPage> {
    return inTurn(() => this.history.page(after, limit));
  }
}
