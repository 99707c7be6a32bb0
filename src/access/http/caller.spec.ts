import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import type { Access, Identified } from '../access.ts';
import type { Scope } from '../scopes.ts';
import type { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import type { Route } from '../../infrastructure/http/http-route.ts';
import { Signer } from '../../infrastructure/security/signing.ts';
import { issueToken } from './attempt-tokens.ts';
import type { Caller } from './caller.ts';
import { ANONYMOUS, authenticate, authorize, NOBODY } from './caller.ts';

const signer = new Signer(['a secret of some length']);
const ID = '01a22259-a93e-77eb-b6ed-49aa1e8ca7d4';
const OTHER_ID = '01a22259-a93e-77eb-b6ed-49aa1e8ca7d5';

function request(path = '/', query = ''): Request {
  return { url: path + query, context: { path } } as unknown as Request;
}

/** Stands in for the check of keys and identity providers, which has its own tests. */
function access(more: Partial<Access> = {}): Access {
  return { isOpen: false, isKnown: true, identify: () => unknown('unknown-key'), ...more } as Access;
}

function unknown(fault: string, more: { name?: string; unavailable?: true } = {}): Identified {
  return { name: null, scopes: null, fault, ...more };
}

async function authenticated(
  token: string | undefined,
  by: Access,
): Promise<{ caller: Caller | Problem; asked: Request }> {
  const asked = request();
  return { caller: await authenticate({ access: by, signer }, token, asked), asked };
}

describe('authenticate', () => {
  it('lets everyone in while there are no keys, and no one afterwards', async () => {
    expect((await authenticated(undefined, access({ isOpen: true }))).caller).toBe(ANONYMOUS);
    expect((await authenticated(undefined, access())).caller).toBe(NOBODY);
  });

  it.each(['worker', 'agent'] as const)("accepts the %s's token as the claimer, without scopes", async (holder) => {
    const content = { holder, requestId: ID, attempt: 2, claimedBy: 'key:dev-1' };
    const { caller } = await authenticated(issueToken(signer, content), access());
    expect(caller).toEqual({ name: 'key:dev-1', scopes: new Set(), token: content, isAuthenticated: true });
  });

  it('refuses a foreign token without any lookup', async () => {
    const never = access({
      isOpen: true,
      identify: () => {
        throw new Error('asked');
      },
    });
    const { caller, asked } = await authenticated('atw_forged', never);
    expect(caller).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(asked.context.refusal).toEqual({ fault: 'bad-attempt-token', principal: null });
  });

  it.each([
    ['at once', (it: Identified) => it],
    ['later', (it: Identified) => Promise.resolve(it)],
  ])('accepts a key or JWT that is known %s', async (_, answer) => {
    const scopes = new Set<Scope>(['audit:read']);
    const known = access({ identify: () => answer({ name: 'key:a', scopes, fault: null }) });
    expect((await authenticated('abk_x', known)).caller).toEqual({
      name: 'key:a',
      scopes,
      token: null,
      isAuthenticated: true,
    });
    const refused = access({ identify: () => answer(unknown('expired-key', { name: 'key:a' })) });
    const { caller, asked } = await authenticated('abk_x', refused);
    expect(caller).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(asked.context.refusal).toEqual({ fault: 'expired-key', principal: 'key:a' });
  });

  it('refuses an unknown credential even while the service is open', async () => {
    expect((await authenticated('abk_x', access({ isOpen: true }))).caller).toMatchObject({ status: 401 });
  });

  it('says that it cannot check a credential, and which provider does not answer', async () => {
    const unable = (fault: string) => access({ identify: () => unknown(fault, { unavailable: true }) });
    const store = await authenticated('abk_x', unable('keys-not-known'));
    expect(store.caller).toMatchObject({ code: 'event-store-unavailable', status: 503 });
    const provider = await authenticated('a.b.c', unable('jwks-unavailable'));
    expect(provider.caller).toMatchObject({ code: 'identity-provider-unavailable', status: 503 });
    expect(provider.asked.context.refusal).toEqual({ fault: 'jwks-unavailable', principal: null });
  });
});

const READ = { scopes: ['requests:read', 'token:worker', 'token:agent'] };
const HEARTBEAT = { scopes: ['attempts:work', 'token:worker'] };

function holder(...scopes: Scope[]): Caller {
  return { name: 'key:a', scopes: new Set(scopes), token: null, isAuthenticated: true };
}

function tokenOf(role: 'worker' | 'agent', requestId = ID, attempt = 2): Caller {
  const token = { holder: role, requestId, attempt, claimedBy: 'key:a' };
  return { name: 'key:a', scopes: new Set(), token, isAuthenticated: true };
}

function allowed(route: Partial<Route>, caller: Caller, asked = request(`/requests/${ID}`), by = access()): unknown {
  return authorize(by, route as Route, caller, asked);
}

describe('authorize', () => {
  it('lets everyone call routes without a scope', () => {
    expect(allowed({ scopes: [] }, NOBODY)).toBeUndefined();
  });

  it('lets everyone call everything while there are no keys', () => {
    expect(allowed({ scopes: ['admin'] }, ANONYMOUS)).toBeUndefined();
  });

  it('asks callers without a credential for one, and records it', () => {
    const asked = request('/requests');
    expect(allowed(READ, NOBODY, asked)).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
    expect(asked.context.refusal).toEqual({ fault: 'no-credential', principal: null });
  });

  it('answers 503 while the keys are not loaded', () => {
    expect(allowed(READ, NOBODY, request(), access({ isKnown: false }))).toMatchObject({
      status: 503,
      code: 'event-store-unavailable',
    });
  });

  it('requires one of the scopes, and names the missing one', () => {
    expect(allowed(READ, holder('requests:read'))).toBeUndefined();
    expect(allowed(READ, holder('requests:submit', 'attempts:work'))).toMatchObject({
      status: 403,
      detail: 'The scope requests:read is required.',
      extras: { missing_scope: 'requests:read' },
    });
    const either = { scopes: ['token:worker', 'requests:read', 'attempts:work'] };
    expect(allowed(either, holder('attempts:work'))).toBeUndefined();
    expect(allowed(either, holder())).toMatchObject({
      detail: 'The scope requests:read or attempts:work is required.',
      extras: { missing_scope: 'requests:read' },
    });
  });

  it('treats a valid credential without scopes as forbidden, not unauthenticated', () => {
    const asked = request('/requests');
    expect(allowed(READ, holder(), asked)).toMatchObject({ status: 403 });
    expect(asked.context.refusal).toBeUndefined();
  });

  describe('an attempt token', () => {
    it('may call the routes declared for it', () => {
      expect(allowed(READ, tokenOf('agent'))).toBeUndefined();
      expect(allowed(READ, tokenOf('worker'))).toBeUndefined();
      expect(allowed(HEARTBEAT, tokenOf('worker'))).toBeUndefined();
      expect(allowed(HEARTBEAT, tokenOf('agent'))).toMatchObject({ status: 403, code: 'forbidden' });
      expect(allowed({ scopes: ['requests:read'] }, tokenOf('worker'))).toMatchObject({ status: 403 });
    });

    it.each([
      `/requests/${OTHER_ID}`,
      '/requests',
      '/pending',
      `/requests/${OTHER_ID}/attempts/2/heartbeat`,
      `/requests/${ID}/attempts/1/heartbeat`,
      `/requests/${ID}/attempts/22/heartbeat`,
      `/x/${ID}`,
    ])('may not call %s', (path) => {
      expect(allowed(READ, tokenOf('worker'), request(path))).toMatchObject({ status: 403 });
    });

    it.each([
      `/requests/${ID}`,
      `/api/v1/automation/requests/${ID}/events`,
      `/requests/${ID}/attempts`,
      `/requests/${ID}/attempts/2/heartbeat`,
    ])('may call %s', (path) => {
      expect(allowed(READ, tokenOf('worker'), request(path))).toBeUndefined();
    });
  });
});
