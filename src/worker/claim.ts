import type { AutomationClaim } from '../client/automation-client.ts';
import { ApiRefusal, isObject, isTransient } from './api.ts';
import type { AutomationApi } from './api.ts';
import { persist } from './patience.ts';

/** An attempt that is ours. */
export interface Claim {
  readonly attempt: number;
  /** For this worker's own calls on the attempt. */
  readonly attemptToken: string;
  /** For the agent, which can do less. */
  readonly agentToken: string;
  /** Work that is done and has only to be delivered; null where an agent is to run. */
  readonly deliver: { readonly commit: string | null; readonly ref: string; readonly approved: boolean } | null;
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  /** Another has it, or it is past being claimed: the wake-up has done its work. */
  | { readonly kind: 'not-ours'; readonly code: string }
  /** No claim now, and perhaps later. `unclear`: it may have been made all the same. */
  | { readonly kind: 'unavailable'; readonly error: unknown; readonly unclear: boolean };

export interface ClaimOptions {
  readonly requestId: string;
  readonly worker: string;
  /** A UUID of this run alone: it makes the claim recognisable when its answer is lost. */
  readonly runId: string;
  readonly leaseSeconds: number;
  /** Whether this worker delivers what agents commit. */
  readonly delivers: boolean;
  readonly correlationId: string | null;
  readonly signal: AbortSignal;
}

const TRIES = 3;

/**
 * Claims a request. Of several workers that try, the service lets one through. A claim whose answer was lost is repeated with the
 * same key, which a service that knows the key answers as it did before.
 */
export async function claimRequest(api: AutomationApi, options: ClaimOptions): Promise<ClaimAnswer> {
  let unclear = false;
  const { requestId, worker, runId, leaseSeconds, delivers, correlationId, signal } = options;
  const call = () =>
    api.claim(
      requestId,
      { worker, session_id: runId, lease_seconds: leaseSeconds, ...(delivers ? { delivers } : {}) },
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
    // An earlier try of this very claim may be what the service speaks of.
    if (unclear && code === 'already-claimed') return { kind: 'unavailable', error, unclear: true };
    return { kind: 'not-ours', code };
  }
}

/** What answers is not always the service, so the answer is not taken at its word. */
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

/** The number of the live attempt that was claimed under this run's id, if the service has one. */
export async function findLostClaim(api: AutomationApi, requestId: string, runId: string): Promise<number | null> {
  const attempts = await api.attempts(requestId);
  return attempts.find(({ session_id, outcome }) => session_id === runId && outcome === null)?.attempt ?? null;
}
