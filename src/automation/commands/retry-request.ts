import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** Somebody wants another try, or answers what the request is blocked for. */
export class RetryRequest extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly reason: string | null,
    /** The version that is approved; null when it approves nothing. */
    readonly approves: number | null,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(RetryRequest)
export class RetryRequestHandler implements ICommandHandler<RetryRequest> {
  constructor(private readonly streams: RequestStreams) {}

  execute({ id, reason, approves, call }: RetryRequest): Promise<Executed> {
    const approval = approves === null ? {} : { approves };
    return this.streams.execute(id, { command: 'RetryRequest', reason, ...approval }, call);
  }
}
