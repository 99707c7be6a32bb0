/** How many requests of one principal may be open at a time. */
export interface SubmissionQuota {
  /**
   * Holds a place for one more. To be let go of once it is known whether the submission made a request. Throws
   * {@link OpenRequestsExceeded}.
   */
  admit(principal: string): Promise<{ release(submitted: boolean): void }>;
}

/** Nest's token for a {@link SubmissionQuota}, or null where there is no limit. */
export const SUBMISSION_QUOTA = Symbol('SUBMISSION_QUOTA');

export class OpenRequestsExceeded extends Error {
  readonly code = 'rate-limited';
  readonly details: Readonly<{ open_requests: number }>;
  constructor(quota: number) {
    super(`You may have ${quota} open requests at a time: wait until some are completed, or cancel them.`);
    this.details = { open_requests: quota };
  }
}
