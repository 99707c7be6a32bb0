import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** Nobody wants the request any more. */
export class CancelRequest extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly reason: string | null,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(CancelRequest)
export class CancelRequestHandler implements ICommandHandler<CancelRequest> {
  constructor(private readonly streams: RequestStreams) {}

  execute({ id, reason, call }: CancelRequest): Promise<Executed> {
    return this.streams.execute(id, { command: 'CancelRequest', reason }, call);
  }
}
