import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { v7 } from 'uuid';
import type { Priority, RequestType } from '../domain/request.ts';
import type { Call, Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** A new request goes in. Its id is made here: time-ordered, so that neighbours in time are neighbours in the log's index. */
export class SubmitRequest extends Command<Executed> {
  constructor(
    readonly submission: {
      readonly type: RequestType;
      readonly priority: Priority;
      readonly title: string;
      readonly description: string;
    },
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(SubmitRequest)
export class SubmitRequestHandler implements ICommandHandler<SubmitRequest> {
  constructor(private readonly streams: RequestStreams) {}

  execute({ submission, call }: SubmitRequest): Promise<Executed> {
    const id = v7();
    return this.streams.execute(id, { command: 'SubmitRequest', id, ...submission }, call);
  }
}
