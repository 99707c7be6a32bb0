import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type { RecordedRefusals } from '../../access/refusal-log.ts';
import { auditStreamPrefix } from '../../access/refusal-log.ts';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { inTurn } from './list-events.ts';

export interface RefusalPage {
  readonly items: readonly (RecordedRefusals & { readonly position: string })[];
  /** The next `after`; null when there was nothing more. */
  readonly next_cursor: string | null;
}

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
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ after, limit }: ListRefusals): Promise<RefusalPage> {
    const streamPrefix = auditStreamPrefix(this.config.streamCategory);
    const { events, position, atEnd } = await inTurn(() =>
      this.store.readLog({ after, streamPrefix, maxCount: limit }),
    );
    const items = events.map((event) => {
      return { position: event.position.toString(), ...(JSON.parse(event.data) as RecordedRefusals) };
    });
    return { items, next_cursor: atEnd || position === null ? null : position.toString() };
  }
}
