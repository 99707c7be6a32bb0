import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { RequestPatch } from '../domain/revise.ts';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** A merge-patch of the request: whatever of it differs becomes events, in one append. */
export class ReviseRequest extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly patch: RequestPatch,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(ReviseRequest)
export class ReviseRequestHandler implements ICommandHandler<ReviseRequest> {
  constructor(private readonly streams: RequestStreams) {}

  execute({ id, patch, call }: ReviseRequest): Promise<Executed> {
    return this.streams.execute(id, { command: 'ReviseRequest', patch }, call);
  }
}
