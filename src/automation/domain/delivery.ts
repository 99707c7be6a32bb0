import type { Delivery, DeliveryReport, Request } from './request.ts';

/** With this code a worker hands back a request whose finished work it cannot find. */
export const WORK_ELSEWHERE = 'work-elsewhere';
/** So many workers in a row may not find the work before a person has to decide. */
export const MAX_ELSEWHERE = 3;

/** The claim to be done that waits for delivery, if there is one. */
export function standingClaim({ delivery }: Request): Delivery | null {
  return delivery === null || delivery.state === 'delivered' ? null : delivery;
}

/** What a report says became of the work of `attempt`. */
export function deliveryOf(report: DeliveryReport, attempt: number): Delivery {
  if ('undelivered' in report) {
    const { commit, ref, why } = report.undelivered;
    return { state: 'undelivered', attempt, branch: null, commit, pr_url: null, reason: why, ref };
  }
  const { branch, commit, pr_url = null } = 'nothing' in report ? NOTHING : report;
  return { state: 'delivered', attempt, branch, commit, pr_url, reason: null, ref: null };
}

const NOTHING = { branch: null, commit: null, pr_url: null };

/** Finished work that is to be delivered, and nothing else to be done. */
export interface DueDelivery {
  /** Null: what `ref` has. */
  readonly commit: string | null;
  readonly ref: string;
  /** By a person, who has seen this commit: it is not held any more. */
  readonly approved: boolean;
}

/** What the next attempt has to deliver; null when there is work for an agent. */
export function dueDelivery(request: Request): DueDelivery | null {
  const claim = standingClaim(request);
  if (!claim) return null;
  const { commit, ref, attempt } = claim;
  return { commit, ref: ref ?? refOfAttempt(request.id, attempt), approved: request.approved && commit !== null };
}

/** Where a worker keeps the work of an attempt at the remote while it runs. */
function refOfAttempt(requestId: string, attempt: number): string {
  return `refs/automation/${requestId}/attempt-${attempt}`;
}
