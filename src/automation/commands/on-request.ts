import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { RequestCommand } from '../domain/decide.ts';
import { Workers } from '../workers/workers.ts';
import type { Call } from './decide-on-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** A domain command on an existing request. */
export class OnRequest extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly command: Exclude<RequestCommand, { command: 'SubmitRequest' }>,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(OnRequest)
export class OnRequestHandler implements ICommandHandler<OnRequest> {
  constructor(
    private readonly streams: RequestStreams,
    private readonly workers: Workers,
  ) {}

  async execute({ id, command, call }: OnRequest): Promise<Executed> {
    const executed = await this.streams.execute(id, command, call);
    if (command.command === 'ClaimRequest') this.workers.claimed(command.worker);
    if (command.command === 'ReportAttempt' && !executed.replayed) {
      const reported = executed.request.attempts.find(({ attempt }) => attempt === command.attempt);
      if (reported) this.workers.reported(reported.worker, command.report.error_code);
    }
    return executed;
  }
}
