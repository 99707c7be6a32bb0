import { Inject } from '@nestjs/common';
import type { ICommandHandler } from '@nestjs/cqrs';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { v5 } from 'uuid';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { timeOrderedId } from '../../infrastructure/time-ordered-id.ts';
import type { Priority, RequestType } from '../domain/request.ts';
import type { Call } from './decide-on-stream.ts';
import type { Executed } from './request-streams.ts';
import { RequestStreams } from './request-streams.ts';
import type { SubmissionQuota } from './submission-quota.ts';
import { SUBMISSION_QUOTA } from './submission-quota.ts';

/** Arbitrary, but never to be changed: the namespace of ids derived from idempotency keys. */
const SUBMISSIONS = '6f8f2c1e-7f0b-4d53-9a3a-0d6f5f1f7b11';

/**
 * Submits a new request. Its id is time-ordered, so that requests close in time are close in the log's index. With an idempotency key, the
 * id is derived from the key, so that a repeated call finds the same stream.
 */
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
  constructor(
    private readonly streams: RequestStreams,
    @Inject(SUBMISSION_QUOTA) private readonly quota: SubmissionQuota | null,
  ) {}

  async execute({ submission, call }: SubmitRequest): Promise<Executed> {
    const id = call.idempotency ? submissionId(call.idempotency) : timeOrderedId();
    const submit = () => this.streams.execute(id, { command: 'SubmitRequest', id, ...submission }, call);
    // A repeated submission gets its answer again, however full the quota is.
    if (!this.quota || (call.idempotency && (await this.streams.load(id)))) return submit();
    const place = await this.quota.admit(call.actor.principal);
    let submitted = false;
    try {
      const executed = await submit();
      submitted = !executed.replayed;
      return executed;
    } finally {
      place.release(submitted);
    }
  }
}

/** The id derived from an idempotency key: every submission with this key goes to the same stream. */
function submissionId({ key }: IdempotencyKey): string {
  return v5(key, SUBMISSIONS);
}
