import type { Signer } from '../infrastructure/security/signing.ts';

/**
 * The way in for who sits at the server: whoever can read the installation's signing secret can make every token there is, so the command
 * line may prove with it that it may administer keys. Such a token is made for one call, and over in minutes.
 */
const PREFIX = 'alt_';
const PURPOSE = 'local-admin';
const LIFETIME_MS = 300_000;

export const LOCAL_ADMIN = 'local:admin';

/** @param nowMs milliseconds of `Date.now()` */
export function issueLocalToken(signer: Signer, nowMs: number): string {
  return PREFIX + signer.sign(PURPOSE, String(nowMs));
}

export function looksLikeLocalToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Made by a holder of the secret, and not longer ago than five minutes. A clock that is behind by as much is taken too. */
export function isLocalToken(signer: Signer, token: string, nowMs: number): boolean {
  const text = signer.verify(PURPOSE, token.slice(PREFIX.length));
  return text !== null && Math.abs(nowMs - Number(text)) <= LIFETIME_MS;
}
