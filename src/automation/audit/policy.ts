import { hash } from 'node:crypto';
import { canonicalJson } from '../../event-sourcing/codec.ts';

/** The rules of an installation by which commands are decided. A storage format: a new member needs a new {@link FORMAT}. */
export interface PolicyInForce {
  /** Whether deployments have to be approved. */
  readonly require_approval: boolean;
  /** Whether the submitter of a request is barred from approving it. */
  readonly four_eyes: boolean;
  /** Whether those who may only submit and read see only their own requests. */
  readonly own_only: boolean;
  /** Number of consecutive lost attempts at which a request fails. */
  readonly max_attempts: number;
}

const FORMAT = 1;
const DIGEST_LENGTH = 32;

/** Names a policy: its format, and the first 32 hex digits of the SHA-256 of its canonical JSON, such as `1:9f86d081884c7d659a2feaa0c55ad015`. */
export function policyVersionOf(policy: PolicyInForce): string {
  return `${FORMAT}:${hash('sha256', canonicalJson(policy), 'hex').slice(0, DIGEST_LENGTH)}`;
}
