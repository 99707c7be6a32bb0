import { describe, expect, it } from '@jest/globals';
import { Signer } from '../../infrastructure/security/signing.ts';
import type { AttemptToken } from './attempt-tokens.ts';
import { issueToken, looksLikeToken, readToken } from './attempt-tokens.ts';

const signer = new Signer(['a secret of some length']);
const TOKEN: AttemptToken = {
  holder: 'worker',
  requestId: '01a22259-a93e-77eb-b6ed-49aa1e8ca7d4',
  attempt: 3,
  claimedBy: 'key:dev-1',
};
const HOLDERS = [
  ['worker', 'atw_'],
  ['agent', 'ata_'],
] as const;

describe("an attempt's token", () => {
  it.each(HOLDERS)('of the %s begins with %s and carries what it was issued for', (holder, prefix) => {
    const token = issueToken(signer, { ...TOKEN, holder });
    expect(token.startsWith(prefix)).toBe(true);
    expect(looksLikeToken(token)).toBe(true);
    expect(readToken(signer, token)).toEqual({ ...TOKEN, holder });
  });

  it('is the same each time it is issued', () => {
    expect(issueToken(signer, TOKEN)).toBe(issueToken(signer, { ...TOKEN }));
    expect(issueToken(signer, { ...TOKEN, attempt: 4 })).not.toBe(issueToken(signer, TOKEN));
  });

  it("does not become the worker's under another prefix", () => {
    const token = issueToken(signer, { ...TOKEN, holder: 'agent' });
    expect(readToken(signer, token.replace('ata_', 'atw_'))).toBeNull();
  });

  it.each(['', 'atw_', 'ata_x', 'atx_abc', 'ATW_abc', ' atw_abc', 'xatw_abc'])('is not %j', (token) => {
    expect(readToken(signer, token)).toBeNull();
  });

  it('is rejected if signed for another purpose', () => {
    expect(readToken(signer, `atw_${signer.sign('cursor', JSON.stringify(['id', 1, 'key:x']))}`)).toBeNull();
  });

  it('is rejected if issued by another installation', () => {
    expect(readToken(new Signer(['the secret of another one']), issueToken(signer, TOKEN))).toBeNull();
  });

  it.each(['key', 'ab_atw_', 'at', 'eyJ.x.y'])('does not look like %j', (text) => {
    expect(looksLikeToken(text)).toBe(false);
  });
});
