import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { ChangeStatus as StatusChange } from '../domain/revise.ts';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** The status, and what goes with it. */
export class ChangeStatus extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly patch: StatusChange['patch'],
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(ChangeStatus)
export class ChangeStatusHandler implements ICommandHandler<ChangeStatus> {
  constructor(private readonly streams: RequestStreams) {}

  execute({ id, patch, call }: ChangeStatus): Promise<Executed> {
    return this.streams.execute(id, { command: 'ChangeStatus', patch }, call);
  }
}
