import type { Signer } from '../../infrastructure/security/signing.ts';

/** What an attempt's token says: for which request and attempt, who claimed it, and whether the worker or its agent holds it. */
export interface AttemptToken {
  readonly holder: 'worker' | 'agent';
  readonly requestId: string;
  readonly attempt: number;
  readonly claimedBy: string;
}

/** So that a token that turns up in the wrong place is recognised by people and scanners. */
const PREFIXES = { worker: 'atw_', agent: 'ata_' } as const;

export function looksLikeToken(token: string): boolean {
  return Object.values(PREFIXES).some((prefix) => token.startsWith(prefix));
}

/** Writes down a token. The same content gives the same token, so nothing has to be stored to hand it out again. */
export function issueToken(signer: Signer, { holder, requestId, attempt, claimedBy }: AttemptToken): string {
  return PREFIXES[holder] + signer.sign(`attempt-token:${holder}`, JSON.stringify([requestId, attempt, claimedBy]));
}

/** What a token says, or null when it is none of ours. Whether its attempt is still live, only the request's stream knows. */
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
