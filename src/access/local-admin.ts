import type { Signer } from '../infrastructure/security/signing.ts';

/**
 * Prefix of local admin tokens, with which the command line administers keys on the server itself. Anyone who can read the installation's
 * signing secret can forge every token anyway, so knowing the secret is accepted as proof. A token is issued for one call and valid for 5
 * minutes.
 */
const PREFIX = 'alt_';
const PURPOSE = 'local-admin';
const LIFETIME_MS = 300_000;

export const LOCAL_ADMIN = 'local:admin';

/** Issues a local admin token. @param nowMs epoch ms */
export function issueLocalToken(signer: Signer, nowMs: number): string {
  return PREFIX + signer.sign(PURPOSE, String(nowMs));
}

export function looksLikeLocalToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Verifies a local admin token. Its time may differ from `nowMs` by up to 5 minutes either way, to tolerate clock skew. */
export function isLocalToken(signer: Signer, token: string, nowMs: number): boolean {
  const text = signer.verify(PURPOSE, token.slice(PREFIX.length));
  return text !== null && Math.abs(nowMs - Number(text)) <= LIFETIME_MS;
}
