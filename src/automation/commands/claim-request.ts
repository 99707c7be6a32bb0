import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { Workers } from '../workers/workers.ts';
import type { Call } from './request-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';

/** A worker takes the request on. */
export class ClaimRequest extends Command<Executed> {
  constructor(
    readonly id: string,
    readonly claim: {
      readonly worker: string;
      readonly session_id: string | null;
      readonly lease_seconds: number;
      readonly delivers?: boolean;
    },
    readonly call: Call,
  ) {
    super();
  }
}

@CommandHandler(ClaimRequest)
export class ClaimRequestHandler implements ICommandHandler<ClaimRequest> {
  constructor(
    private readonly streams: RequestStreams,
    private readonly workers: Workers,
  ) {}

  async execute({ id, claim, call }: ClaimRequest): Promise<Executed> {
    const executed = await this.streams.execute(id, { command: 'ClaimRequest', ...claim }, call);
    this.workers.claimed(claim.worker);
    return executed;
  }
}
