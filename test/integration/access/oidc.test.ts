import { createHmac, sign } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OidcVerifier } from '../../../src/access/oidc.ts';
import type { OidcTiming } from '../../../src/access/oidc.ts';
import type { Role } from '../../../src/access/scopes.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { jwt, newSigningKey, OidcIssuer } from '../../support/oidc-issuer.ts';
import { until } from '../../support/until.ts';

let issuer: OidcIssuer;
beforeEach(async () => {
  issuer = await OidcIssuer.start();
});
afterEach(() => issuer.stop());

function verifier(timing: Partial<OidcTiming> = {}, config: Record<string, unknown> = {}): OidcVerifier {
  const defaults = { rolesClaim: ['roles'], principalClaim: 'sub', roleMap: new Map<string, Role>() };
  return new OidcVerifier(
    { issuer: issuer.url, audience: 'automation', ...defaults, ...config },
    { logger: createLogger('silent'), nowMs: Date.now, timing: { cooldownMs: 0, trustMs: 0, ...timing } },
  );
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

describe('a token of the issuer', () => {
  it('names its subject, and has the scopes of its roles', async () => {
    const check = await verifier().verify(issuer.token({ roles: ['submitter', 'worker', 'unheard-of', 7] }));
    expect(check).toMatchObject({ name: 'oidc:alice', fault: null });
    expect([...(check.scopes ?? [])].sort()).toEqual(['attempts:work', 'requests:read', 'requests:submit']);
  });

  it.each([
    ['a list', { roles: ['auditor'] }, ['roles']],
    ['words', { roles: 'auditor something' }, ['roles']],
    ['deep down', { realm_access: { roles: ['auditor'] } }, ['realm_access', 'roles']],
  ])('may have its roles as %s', async (_, claims, rolesClaim) => {
    const check = await verifier({}, { rolesClaim }).verify(issuer.token({ roles: [], ...claims }));
    expect([...(check.scopes ?? [])].sort()).toEqual(['audit:read', 'requests:read']);
  });

  it('may have other claims for roles and principal', async () => {
    const config = { principalClaim: 'email', roleMap: new Map([['ops', 'admin']]) };
    const check = await verifier({}, config).verify(issuer.token({ email: 'a@example.com', roles: ['ops'] }));
    expect(check).toMatchObject({ name: 'oidc:a@example.com', fault: null });
    expect(check.scopes?.has('admin')).toBe(true);
  });

  it.each([[undefined], [[]], ['x'], [{ admin: true }], [['__proto__', 'constructor']]])(
    'without a known role has no scopes: %j',
    async (roles) => {
      expect((await verifier().verify(issuer.token({ roles }))).scopes?.size).toBe(0);
    },
  );

  it('may be off by some seconds, and no more', async () => {
    const oidc = verifier();
    expect(await oidc.verify(issuer.token({ exp: inSeconds(-10) }))).toMatchObject({ fault: null });
    expect(await oidc.verify(issuer.token({ exp: inSeconds(-60) }))).toMatchObject({ fault: 'expired-token' });
    expect(await oidc.verify(issuer.token({ nbf: inSeconds(10) }))).toMatchObject({ fault: null });
    expect(await oidc.verify(issuer.token({ nbf: inSeconds(60) }))).toMatchObject({ fault: 'bad-token' });
  });
});

describe('an invalid token', () => {
  const cases: Readonly<Record<string, () => string>> = {
    'of no algorithm': () => jwt({ alg: 'none', kid: issuer.kid }, issuer.claims(), () => Buffer.alloc(0)),
    'of NONE': () => jwt({ alg: 'NONE', kid: issuer.kid }, issuer.claims(), () => Buffer.alloc(0)),
    'signed with the public key as a shared secret': () =>
      jwt({ alg: 'HS256', typ: 'JWT', kid: issuer.kid }, issuer.claims(), (bytes) =>
        createHmac('sha256', issuer.publicKeyPem).update(bytes).digest(),
      ),
    'signed with the public key as a shared secret, called RS256': () =>
      jwt({ alg: 'RS256', kid: issuer.kid }, issuer.claims(), (bytes) =>
        createHmac('sha256', issuer.publicKeyPem).update(bytes).digest(),
      ),
    'signed by somebody else under a known name': () =>
      jwt({ alg: 'RS256', kid: issuer.kid }, issuer.claims(), (bytes) =>
        sign('sha256', bytes, newSigningKey().privateKey),
      ),
    'that brings its own key': () => {
      const { privateKey, publicKey } = newSigningKey();
      const jwk = publicKey.export({ format: 'jwk' });
      return jwt({ alg: 'RS256', kid: issuer.kid, jwk }, issuer.claims(), (bytes) => sign('sha256', bytes, privateKey));
    },
    'of another issuer': () => issuer.token({ iss: 'https://elsewhere.example' }),
    'of an issuer that begins alike': () => issuer.token({ iss: `${issuer.url}/` }),
    'for somebody else': () => issuer.token({ aud: 'billing' }),
    'for nobody': () => issuer.token({ aud: undefined }),
    'that never ends': () => issuer.token({ exp: undefined }),
    'without a subject': () => issuer.token({ sub: undefined }),
    'of an empty subject': () => issuer.token({ sub: '' }),
    'of a subject of two lines': () => issuer.token({ sub: 'a\nb' }),
    'of a subject that is no text': () => issuer.token({ sub: ['alice'] }),
    'with something critical that nobody knows': () => issuer.token({}, { crit: ['x'], x: 1 }),
    'that was altered': () => {
      const [header, , signature] = issuer.token().split('.');
      const claims = Buffer.from(JSON.stringify(issuer.claims({ roles: ['admin'] }))).toString('base64url');
      return `${header}.${claims}.${signature}`;
    },
  };

  it.each(Object.keys(cases))('is refused: %s', async (name) => {
    const check = await verifier().verify(cases[name]?.() ?? '');
    expect(check).toMatchObject({ name: null, scopes: null, fault: expect.any(String) });
    expect('unavailable' in check).toBe(false);
  });
});

describe("the issuer's keys", () => {
  it('are fetched once, and a valid token is cached for a while', async () => {
    const oidc = verifier({ trustMs: 60_000 });
    const token = issuer.token();
    await Promise.all(Array.from({ length: 20 }, () => oidc.verify(token)));
    for (let i = 0; i < 20; i += 1) await oidc.verify(issuer.token({ jti: String(i) }));
    expect(issuer.keyFetches).toBe(1);
  });

  it('are fetched again if a token names an unknown one', async () => {
    const oidc = verifier();
    await oidc.verify(issuer.token());
    issuer.rotate({ keepOld: true });
    expect(await oidc.verify(issuer.token())).toMatchObject({ fault: null });
  });

  it('are not fetched repeatedly for unknown names', async () => {
    const oidc = verifier({ cooldownMs: 60_000 });
    await oidc.verify(issuer.token());
    for (let i = 0; i < 20; i += 1) {
      expect(await oidc.verify(issuer.token({}, { kid: `made-up-${i}` }))).toMatchObject({
        fault: 'unknown-signing-key',
      });
    }
    expect(issuer.keyFetches).toBe(1);
  });

  it('that were withdrawn are refused once the cache is old', async () => {
    const oidc = verifier({ maxAgeMs: 50 });
    const old = issuer.token();
    expect(await oidc.verify(old)).toMatchObject({ fault: null });
    issuer.rotate({ keepOld: false });
    await until('the old key is forgotten', async () => (await oidc.verify(old)).fault === 'unknown-signing-key');
    expect(await oidc.verify(issuer.token())).toMatchObject({ fault: null });
  });

  it('are discovered again once the cache is old: they may have moved', async () => {
    const oidc = verifier({ maxAgeMs: 50 });
    const old = issuer.token();
    expect(await oidc.verify(old)).toMatchObject({ fault: null });
    issuer.moveTo('/new-keys');
    await until('the keys are found', async () => (await oidc.verify(issuer.token())).fault === null);
    expect(await oidc.verify(old)).toMatchObject({ fault: 'unknown-signing-key' });
  });

  it('that cannot be fetched are not blamed on the caller', async () => {
    issuer.trouble = 500;
    const oidc = verifier();
    const token = issuer.token();
    expect(await oidc.verify(token)).toMatchObject({ fault: 'identity-provider-unavailable', unavailable: true });
    expect(oidc.lastError).toBe('identity-provider-unavailable');
    issuer.trouble = null;
    expect(await oidc.verify(token)).toMatchObject({ name: 'oidc:alice', fault: null });
    expect(oidc.lastError).toBeNull();
  });

  it('are awaited for a limited time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const oidc = verifier({ timeoutMs: 100 }, { issuer: `http://127.0.0.1:${port}` });
    expect(await oidc.verify(issuer.token())).toMatchObject({ fault: 'identity-provider-unavailable' });
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => silent.close(resolve));
  });
});
