import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { refuseToOthers } from '../domain/attempts.ts';
import type { AttemptReport } from '../domain/request.ts';
import { Workers } from '../workers/workers.ts';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** A worker tells how its attempt ended. */
export class ReportAttempt extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly attempt: number,
    readonly report: AttemptReport,
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(ReportAttempt)
export class ReportAttemptHandler implements ICommandHandler<ReportAttempt> {
  constructor(
    private readonly streams: RequestStreams,
    private readonly workers: Workers,
  ) {}

  async execute({ id, attempt, report, call }: ReportAttempt): Promise<Executed> {
    const reported = ({ request }: Executed) => request.attempts.find((it) => it.attempt === attempt);
    const kept = this.streams.peek(id);
    // What is kept here may be older than a claim made elsewhere.
    const known = kept && reported(kept) ? kept : await this.streams.load(id);
    const claimed = known && reported(known);
    if (claimed) refuseToOthers(claimed, call.actor);
    const executed = await this.streams.execute(id, { command: 'ReportAttempt', attempt, report }, call);
    if (claimed && !executed.replayed) this.workers.reported(claimed.worker, report.error_code);
    return executed;
  }
}
