import type { Delivery, DeliveryReport, Request } from './request.ts';

/** Error code with which a worker releases a request whose finished work it cannot find. */
export const WORK_ELSEWHERE = 'work-elsewhere';
/** Number of consecutive workers that may fail to find the work before a person has to decide. */
export const MAX_ELSEWHERE = 3;

/** The completion claim awaiting delivery, or null. */
export function standingClaim({ delivery }: Request): Delivery | null {
  return delivery === null || delivery.state === 'delivered' ? null : delivery;
}

/** The delivery state of the work of `attempt`, from its report. */
export function deliveryOf(report: DeliveryReport, attempt: number): Delivery {
  if ('undelivered' in report) {
    const { commit, ref, why } = report.undelivered;
    return { state: 'undelivered', attempt, branch: null, commit, pr_url: null, reason: why, ref };
  }
  const { branch, commit, pr_url = null } = 'nothing' in report ? NOTHING : report;
  return { state: 'delivered', attempt, branch, commit, pr_url, reason: null, ref: null };
}

const NOTHING = { branch: null, commit: null, pr_url: null };

/** Finished work to deliver, with no work left for an agent. */
export interface DueDelivery {
  /** Null to deliver whatever `ref` points to. */
  readonly commit: string | null;
  readonly ref: string;
  /** A person approved exactly this commit, so the worker no longer holds it back. */
  readonly approved: boolean;
}

/** What the next attempt has to deliver, or null if it needs an agent. */
export function dueDelivery(request: Request): DueDelivery | null {
  const claim = standingClaim(request);
  if (!claim) return null;
  const { commit, ref, attempt } = claim;
  return { commit, ref: ref ?? refOfAttempt(request.id, attempt), approved: request.approved && commit !== null };
}

/** The remote ref to which a worker pushes the work of an attempt during the run. */
function refOfAttempt(requestId: string, attempt: number): string {
  return `refs/automation/${requestId}/attempt-${attempt}`;
}
