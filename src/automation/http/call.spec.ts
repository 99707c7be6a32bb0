import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { SCOPES } from '../../access/scopes.ts';
import type { Caller } from '../../access/http/caller.ts';
import { ANONYMOUS, callerOf, idempotencyOf, NOBODY } from '../../access/http/caller.ts';
import type { Deliveries } from '../forwarding/deliveries.ts';
import { NOT_QUEUED } from '../forwarding/deliveries.ts';
import { foldAll, REQUEST_ID } from '../domain/testing/given.ts';
import { PLANNING, submitted } from '../domain/testing/histories.ts';
import { foundInStream } from '../queries/found-request.ts';
import { answerWithVersion, callOf, CommandAnswers, markConsistency } from './call.ts';

const OPERATOR: Caller = {
  name: 'key:op',
  scopes: new Set(['requests:submit', 'requests:manage']),
  token: null,
  isAuthenticated: true,
};
const AGENT: Caller = {
  name: 'key:dev-1',
  scopes: new Set(),
  token: { holder: 'agent', requestId: 'id', attempt: 2, claimedBy: 'key:dev-1' },
  isAuthenticated: true,
};

function context(principal: Caller, more: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 'call-1',
    correlationId: 'correlation-1',
    path: '/requests',
    json: { title: 'T' },
    route: { method: 'POST' },
    principal,
    ...more,
  } as RequestContext;
}

describe('callOf', () => {
  it('carries the principal, the ids and the versions sent', () => {
    expect(callOf(context(OPERATOR, { ifMatch: [4] }))).toEqual({
      actor: { principal: 'key:op', role: 'caller' },
      callId: 'call-1',
      correlationId: 'correlation-1',
      ifMatch: [4],
      idempotency: undefined,
      scopes: ['requests:submit', 'requests:manage'],
    });
  });

  it.each([
    ['curl/8.5.0', 'curl/8.5.0'],
    [' a\tb\u00fc\u0007c ', 'a?b?c'],
    ['x'.repeat(500), 'x'.repeat(100)],
    ['\u00fc', '?'],
    ['  ', undefined],
    [undefined, undefined],
  ])('carries of the user agent %j what events may hold', (userAgent, client) => {
    expect(callOf(context(OPERATOR, { userAgent })).client).toBe(client);
    expect(callOf(context(AGENT, { userAgent })).scopes).toEqual(['token:agent']);
  });

  it('marks admins', () => {
    const { actor } = callOf(context({ ...OPERATOR, scopes: new Set(['admin']) }));
    expect(actor).toEqual({ principal: 'key:op', role: 'caller', isAdmin: true });
  });

  it('carries attempt and claimer for an attempt token', () => {
    expect(callOf(context(AGENT)).actor).toEqual({ principal: 'key:dev-1', role: 'agent', attempt: 2 });
  });
});

describe('the meaning of an Idempotency-Key', () => {
  const key = (principal: Caller, more: Partial<RequestContext> = {}) =>
    idempotencyOf(context(principal, { idempotencyKey: 'k', ...more }));

  it('is null without the header', () => {
    expect(idempotencyOf(context(OPERATOR))).toBeUndefined();
    expect(callOf(context(OPERATOR, { idempotencyKey: 'k' })).idempotency).toEqual(key(OPERATOR));
  });

  it.each<[string, Caller, Partial<RequestContext>]>([
    ['principal', { ...OPERATOR, name: 'key:other' }, {}],
    ['method', OPERATOR, { route: { method: 'PATCH' } as RequestContext['route'] }],
    ['path', OPERATOR, { path: '/requests/1' }],
    ['key', OPERATOR, { idempotencyKey: 'K' }],
  ])('differs by %s', (_, principal, more) => {
    expect(key(principal, more)?.key).not.toBe(key(OPERATOR)?.key);
    expect(key(principal, more)?.fingerprint).toBe(key(OPERATOR)?.fingerprint);
  });

  it('is the same for another body, and tells the bodies apart', () => {
    const other = key(OPERATOR, { json: { title: 'U' } });
    expect(other?.key).toBe(key(OPERATOR)?.key);
    expect(other?.fingerprint).not.toBe(key(OPERATOR)?.fingerprint);
  });

  it("is the claimer's for a token", () => {
    expect(key(AGENT)?.key).toBe(key({ ...OPERATOR, name: 'key:dev-1' })?.key);
  });
});

describe('a caller without a credential', () => {
  it('may do everything while there are no keys, and nothing afterwards', () => {
    expect(callerOf(context(ANONYMOUS))).toBe(ANONYMOUS);
    expect([...ANONYMOUS.scopes]).toEqual(SCOPES);
    expect(ANONYMOUS).toMatchObject({ name: 'anonymous', token: null, isAuthenticated: false });
    expect(NOBODY).toMatchObject({ name: 'anonymous', token: null, isAuthenticated: false });
    expect(NOBODY.scopes.size).toBe(0);
  });
});

describe('an answer', () => {
  const QUEUED = { queued_at: '2026-01-05T09:00:01.000Z', queue_message_id: 'sqs-1' };
  const request = foldAll([submitted(), PLANNING])!;
  const executed = { request, position: 70n, replayed: false };
  const answers = new CommandAnswers({
    of: (id: string) => Promise.resolve(id === request.id ? QUEUED : NOT_QUEUED),
  } as Deliveries);

  function response() {
    const sent: Record<string, unknown> = {};
    const setHeader = (name: string, value: unknown) => (sent[name] = value);
    const status = (value: number) => (sent.status = value);
    return { sent, response: { setHeader, status } as unknown as Response };
  }

  it('to a command has its version, its position and its queue message', async () => {
    const { sent, response: to } = response();
    expect(await answers.answer(to, executed)).toMatchObject({ id: REQUEST_ID, status: 'planning', ...QUEUED });
    expect(sent).toEqual({ ETag: '"1"', 'Automation-Position': '70' });
  });

  it('to a repeated command says so', async () => {
    const { sent, response: to } = response();
    await answers.answer(to, { ...executed, replayed: true });
    expect(sent).toMatchObject({ 'Idempotent-Replayed': 'true' });
  });

  it('has the queue message that is known already', async () => {
    expect(await answers.answer(response().response, executed, NOT_QUEUED)).toMatchObject(NOT_QUEUED);
  });

  it('to a read is empty if the client has that version', () => {
    const read = (headers: object) => {
      const { sent, response: to } = response();
      return [answerWithVersion({ method: 'GET', headers } as Request, to, foundInStream(request, QUEUED))?.id, sent];
    };
    expect(read({})).toEqual([REQUEST_ID, { ETag: '"1"' }]);
    expect(read({ 'if-none-match': '"1"' })).toEqual([undefined, { ETag: '"1"', status: 304 }]);
  });

  it('says if a list may be behind', () => {
    const marked = [true, false].map((consistent) => {
      const { sent, response: to } = response();
      markConsistency(to, consistent);
      return sent;
    });
    expect(marked).toEqual([{}, { 'Automation-Consistency': 'eventual' }]);
  });
});
