import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import type { Call } from '../commands/decide-on-stream.ts';
import type { Executed } from '../commands/request-streams.ts';
import { RequestStreams } from '../commands/request-streams.ts';
import { findAttempt } from '../domain/attempts.ts';
import { StaleAttempt } from '../domain/errors.ts';
import { isTerminal } from '../domain/lifecycle.ts';
import type { Attempt, Instant, Request, RunFigures } from '../domain/request.ts';
import { Workers } from '../workers/workers.ts';
import { LeaseBook, leaseEnd } from './lease-book.ts';

/** `cancel`: somebody else ended the request. `drain`: somebody else blocked it. In both cases the worker stops its agent. */
export type Directive = 'cancel' | 'drain';

export interface Heartbeat {
  readonly leaseExpiresAt: Instant;
  readonly directives: readonly Directive[];
  /** Log position of the request's last event. */
  readonly position: bigint;
  /** The call repeats an earlier one with the same idempotency key, and gets its answer again. */
  readonly replayed: boolean;
}

/** The worker is alive: renews the lease for its full term. */
export class HeartbeatAttempt extends Command<Heartbeat> {
  constructor(
    readonly id: string,
    readonly attempt: number,
    readonly figures: RunFigures,
    readonly call: Call,
  ) {
    super();
  }
}

/**
 * Renews the lease first, so that a worker told that its lease was lost never keeps it. New figures become an event. Throws `StaleAttempt`
 * if the lease is lost, `DatabaseUnavailableError`, and what {@link RequestStreams.execute} throws.
 */
@CommandHandler(HeartbeatAttempt)
export class HeartbeatAttemptHandler implements ICommandHandler<HeartbeatAttempt> {
  constructor(
    private readonly streams: RequestStreams,
    private readonly leases: LeaseBook,
    private readonly workers: Workers,
  ) {}

  async execute({ id, attempt: number, figures, call }: HeartbeatAttempt): Promise<Heartbeat> {
    const command = { command: 'ProgressAttempt', attempt: number, figures } as const;
    const known = await this.streams.consider(id, command, call);
    const attempt = findAttempt(known.request, number);
    if (known.replayed) return heartbeat(known, attempt);
    const leaseExpiresAt = await this.leases.renew(id, attempt);
    if (leaseExpiresAt === null) throw new StaleAttempt(number);
    this.workers.beat(attempt.worker);
    if (!known.changes) return { ...heartbeat(known, attempt), leaseExpiresAt };

    const progressed = await this.streams.execute(id, command, call);
    // Renewed from the time of the event, so that the answer can be rebuilt from the stream.
    await this.leases.renew(id, attempt, progressed.request.last_update);
    return heartbeat(progressed, attempt);
  }
}

/** The answer to a heartbeat, derived from the request's last event. */
function heartbeat({ request, position, replayed }: Executed, { attempt, lease_seconds }: Attempt): Heartbeat {
  const leaseExpiresAt = new Date(leaseEnd(request.last_update, lease_seconds)).toISOString();
  return { leaseExpiresAt, directives: directivesFor(request, attempt), position, replayed };
}

function directivesFor({ status, moved_by }: Request, attempt: number): Directive[] {
  if (moved_by === attempt) return [];
  if (isTerminal(status)) return ['cancel'];
  return status === 'blocked' ? ['drain'] : [];
}
