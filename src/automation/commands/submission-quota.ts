/** Limits the number of open requests per principal. */
export interface SubmissionQuota {
  /**
   * Reserves a place for one more request. Release it once it is known whether a request was created. Throws {@link OpenRequestsExceeded}.
   */
  admit(principal: string): Promise<{ release(submitted: boolean): void }>;
}

/** Injection token of the {@link SubmissionQuota}; null without a limit. */
export const SUBMISSION_QUOTA = Symbol('SUBMISSION_QUOTA');

export class OpenRequestsExceeded extends Error {
  readonly code = 'rate-limited';
  readonly details: Readonly<{ open_requests: number }>;
  constructor(quota: number) {
    super(`You may have ${quota} open requests at a time: wait until some are completed, or cancel them.`);
    this.details = { open_requests: quota };
  }
}
