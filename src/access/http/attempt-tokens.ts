import type { Signer } from '../../infrastructure/security/signing.ts';

/** The content of an attempt's token: the request and attempt, who claimed it, and whether it is for the worker or its agent. */
export interface AttemptToken {
  readonly holder: 'worker' | 'agent';
  readonly requestId: string;
  readonly attempt: number;
  readonly claimedBy: string;
}

/** Prefixes by which people and secret scanners recognise a leaked token. */
const PREFIXES = { worker: 'atw_', agent: 'ata_' } as const;

export function looksLikeToken(token: string): boolean {
  return Object.values(PREFIXES).some((prefix) => token.startsWith(prefix));
}

/** Issues a token. The same content gives the same token, so tokens need not be stored to be returned again. */
export function issueToken(signer: Signer, { holder, requestId, attempt, claimedBy }: AttemptToken): string {
  return PREFIXES[holder] + signer.sign(`attempt-token:${holder}`, JSON.stringify([requestId, attempt, claimedBy]));
}

/** Reads a token; null when this service did not sign it. Does not check whether the attempt is still live. */
export function readToken(signer: Signer, token: string): AttemptToken | null {
  for (const holder of ['worker', 'agent'] as const) {
    if (!token.startsWith(PREFIXES[holder])) continue;
    const text = signer.verify(`attempt-token:${holder}`, token.slice(PREFIXES[holder].length));
    if (text === null) return null;
    const [requestId, attempt, claimedBy] = JSON.parse(text) as [string, number, string];
    return { holder, requestId, attempt, claimedBy };
  }
  return null;
}
