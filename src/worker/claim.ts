import type { AgentMark } from '../automation/domain/request.ts';
import type { AutomationClaim } from '../client/automation-client.ts';
import { ApiRefusal, isObject, isTransient } from './api.ts';
import type { AutomationApi } from './api.ts';
import { persist } from './patience.ts';

/** An attempt this worker has claimed. */
export interface Claim {
  readonly attempt: number;
  /** Token for the worker's own calls on the attempt. */
  readonly attemptToken: string;
  /** Token for the agent, with fewer permissions. */
  readonly agentToken: string;
  /** Finished work that only needs delivery; null when an agent has to run. */
  readonly deliver: { readonly commit: string | null; readonly ref: string; readonly approved: boolean } | null;
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  /** Another worker has it, or it is no longer claimable. The wake-up is done. */
  | { readonly kind: 'not-ours'; readonly code: string }
  /** Not claimed now, perhaps later. `unclear` means that the claim may have taken effect. */
  | { readonly kind: 'unavailable'; readonly error: unknown; readonly unclear: boolean };

export interface ClaimOptions {
  readonly requestId: string;
  readonly worker: string;
  /** UUID of this run. Identifies the claim when its answer is lost. */
  readonly runId: string;
  readonly leaseSeconds: number;
  /** Whether this worker delivers what agents commit. */
  readonly delivers: boolean;
  /** What this worker will run, for the event of the claim. */
  readonly agent: AgentMark;
  readonly correlationId: string | null;
  readonly signal: AbortSignal;
}

const TRIES = 3;

/**
 * Claims a request. When several workers try, exactly one succeeds. A claim whose answer was lost is retried with the same idempotency
 * key, so the service repeats its first answer. Up to 3 tries; never rejects on an API error.
 */
export async function claimRequest(api: AutomationApi, options: ClaimOptions): Promise<ClaimAnswer> {
  let unclear = false;
  const { requestId, worker, runId, leaseSeconds, delivers, agent, correlationId, signal } = options;
  const call = () =>
    api.claim(
      requestId,
      { worker, session_id: runId, lease_seconds: leaseSeconds, ...(delivers ? { delivers } : {}), agent },
      { idempotencyKey: runId, correlationId, signal },
    );
  try {
    const answer = await persist(call, {
      maxTries: TRIES,
      signal,
      onFailure: () => {
        unclear = true;
      },
    });
    return { kind: 'claimed', claim: readClaim(answer) };
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 409 || isTransient(error)) {
      return { kind: 'unavailable', error, unclear: unclear || !(error instanceof ApiRefusal) || error.status >= 500 };
    }
    const code = error.code ?? 'conflict';
    // The conflict may be an earlier try of this same claim.
    if (unclear && code === 'already-claimed') return { kind: 'unavailable', error, unclear: true };
    return { kind: 'not-ours', code };
  }
}

/** Validates the answer, which may not come from the service. @throws Error when it is malformed */
function readClaim({ attempt, attempt_token, agent_token, deliver }: AutomationClaim): Claim {
  if (typeof attempt !== 'number' || typeof attempt_token !== 'string' || typeof agent_token !== 'string')
    throw new Error('The answer to a claim lacks the attempt or its tokens.');
  return { attempt, attemptToken: attempt_token, agentToken: agent_token, deliver: readDeliver(deliver) };
}

function readDeliver(deliver: unknown): Claim['deliver'] {
  if (deliver === null || deliver === undefined) return null;
  const { commit = null, ref, approved } = isObject(deliver) ? deliver : {};
  const isCommit = commit === null || (typeof commit === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit));
  if (!isCommit || typeof ref !== 'string')
    throw new Error('The answer to a claim names no work that can be delivered.');
  return { commit, ref, approved: approved === true };
}

/** Number of the live attempt claimed with this run's id; null when there is none. */
export async function findLostClaim(api: AutomationApi, requestId: string, runId: string): Promise<number | null> {
  const attempts = await api.attempts(requestId);
  return attempts.find(({ session_id, outcome }) => session_id === runId && outcome === null)?.attempt ?? null;
}
