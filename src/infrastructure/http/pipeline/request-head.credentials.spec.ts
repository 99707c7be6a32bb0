import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { bearerToken, unauthenticated } from './request-head.ts';

function sent(...values: string[]): Request {
  const rawHeaders = values.flatMap((value) => ['Authorization', value]);
  return { headers: { authorization: values[0] }, rawHeaders } as unknown as Request;
}

describe('bearerToken', () => {
  it('is undefined without credentials', () => {
    expect(bearerToken(sent())).toBeUndefined();
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc', 'abc'],
    ['BEARER a-b._~+/9==', 'a-b._~+/9=='],
    [`Bearer ${'x'.repeat(8_192)}`, 'x'.repeat(8_192)],
  ])('of %.20s', (header, token) => {
    expect(bearerToken(sent(header))).toBe(token);
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearerabc',
    'Bearer a b',
    'Bearer a,b',
    'Bearer =',
    'Bearer a=b',
    'Bearer ü',
    'Bearer abc\n',
    ' Bearer abc',
    'Basic abc',
    'abc',
    `Bearer ${'x'.repeat(8_193)}`,
  ])('refuses %.20j', (header) => {
    expect(() => bearerToken(sent(header))).toThrow('must be one Authorization header');
  });

  it('refuses credentials sent twice, although Node shows only the first', () => {
    expect(() => bearerToken(sent('Bearer abc', 'Bearer abc'))).toThrow('must be one Authorization header');
  });
});

describe('unauthenticated', () => {
  it('asks for a bearer token without saying what is wrong with the one sent', () => {
    expect(unauthenticated()).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      detail: 'These credentials are not known.',
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
    expect(unauthenticated('Come in.')).toMatchObject({ detail: 'Come in.' });
  });
});
