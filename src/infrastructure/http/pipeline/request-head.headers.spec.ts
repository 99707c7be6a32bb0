import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { checkFieldCount, countHeader, readHeaders, takesBody } from './request-head.ts';
import { Problem } from '../problems/problem-details.ts';
import type { RequestContext } from '../request-context.ts';

function request(method: string, headers: Readonly<Record<string, string>> = {}, raw?: readonly string[]): Request {
  return { method, headers, rawHeaders: raw ?? Object.entries(headers).flat() } as unknown as Request;
}

/** The values read from the headers, or the problem. */
function read(
  method: string,
  headers: Readonly<Record<string, string>> = {},
  { raw, produced = ['application/json'], bad = false }: { raw?: string[]; produced?: string[]; bad?: boolean } = {},
): Partial<RequestContext> | Problem {
  const context = { correlationIdIsBad: bad } as RequestContext;
  try {
    readHeaders(request(method, headers, raw), context, produced);
    return context;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const JSON_BODY = { 'content-type': 'application/json', 'content-length': '2' };
const invalidHeader = (name: string) => ({
  status: 400,
  code: 'invalid-header',
  detail: expect.stringContaining(`header ${name} `),
});

describe('the number of header fields', () => {
  it('may be 100', () => {
    const fields = (count: number) => ({ rawHeaders: new Array(2 * count).fill('x') }) as IncomingMessage;
    expect(() => {
      checkFieldCount(fields(100));
    }).not.toThrow();
    expect(() => {
      checkFieldCount(fields(101));
    }).toThrow('more than 100 header fields');
  });
});

describe('countHeader', () => {
  it('counts names in any case, and no values', () => {
    const raw = ['Host', 'a', 'HOST', 'b', 'x-host', 'host', 'hosts', 'c', 'hos', 'host'];
    expect(countHeader(request('GET', {}, raw), 'host')).toBe(2);
    expect(countHeader(request('GET', {}, raw), 'c')).toBe(0);
    expect(countHeader(request('GET', {}, []), 'host')).toBe(0);
  });
});

describe('takesBody', () => {
  it.each([
    ['POST', true],
    ['PATCH', true],
    ['PUT', true],
    ['DELETE', true],
    ['GET', false],
    ['HEAD', false],
    ['OPTIONS', false],
  ])('%s: %s', (method, takes) => {
    expect(takesBody(method)).toBe(takes);
  });
});

describe('the headers of a call', () => {
  it('are all optional', () => {
    expect(read('GET')).toEqual({ correlationIdIsBad: false, mediaType: 'application/json', position: undefined });
  });

  it('are refused for a bad correlation id before anything else', () => {
    expect(read('GET', { expect: 'x', accept: 'text/html' }, { bad: true })).toMatchObject(
      invalidHeader('X-Correlation-Id'),
    );
  });

  it.each(['100-continue', '100-Continue'])('may expect %s', (expected) => {
    expect(read('POST', { ...JSON_BODY, expect: expected })).not.toBeInstanceOf(Problem);
  });

  it('may expect nothing else', () => {
    expect(read('POST', { ...JSON_BODY, expect: '200-ok' })).toMatchObject(invalidHeader('Expect'));
  });

  it("select one of the route's media types", () => {
    const produced = ['application/json', 'application/x-ndjson'];
    expect(read('GET', { accept: 'application/x-ndjson' }, { produced })).toMatchObject({
      mediaType: 'application/x-ndjson',
    });
    expect(read('GET', { accept: 'text/html' }, { produced })).toMatchObject({
      status: 406,
      code: 'not-acceptable',
      detail: 'This can only be answered as application/json or application/x-ndjson.',
    });
  });
});

describe('the content headers', () => {
  it.each(['application/json', 'application/json; charset=utf-8'])('take %s', (type) => {
    for (const method of ['POST', 'PATCH']) {
      expect(read(method, { ...JSON_BODY, 'content-type': type })).not.toBeInstanceOf(Problem);
    }
  });

  it('accept a merge patch with PATCH only, and say so', () => {
    const headers = { ...JSON_BODY, 'content-type': 'application/merge-patch+json' };
    expect(read('PATCH', headers)).not.toBeInstanceOf(Problem);
    expect(read('POST', headers)).toMatchObject({ status: 415, code: 'unsupported-media-type', headers: {} });
    expect(read('PATCH', { ...headers, 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      headers: { 'Accept-Patch': 'application/json, application/merge-patch+json' },
      detail: expect.stringContaining('application/json or application/merge-patch+json'),
    });
  });

  it.each([
    ['another type', { ...JSON_BODY, 'content-type': 'text/plain' }, 'as text/plain'],
    ['another charset', { ...JSON_BODY, 'content-type': 'application/json; charset=latin1' }, 'charset=latin1'],
    ['no type', { 'content-length': '2' }, 'without a Content-Type'],
    ['no type, in chunks', { 'transfer-encoding': 'chunked' }, 'without a Content-Type'],
  ])('are refused with %s', (_, headers, said) => {
    expect(read('POST', headers as unknown as Record<string, string>)).toMatchObject({
      status: 415,
      code: 'unsupported-media-type',
      detail: expect.stringContaining(said),
    });
  });

  it('are refused with two types, although Node shows only the first', () => {
    const raw = ['Content-Type', 'application/json', 'content-type', 'text/plain'];
    expect(read('POST', JSON_BODY, { raw })).toMatchObject({ status: 415 });
  });

  it.each(['gzip', 'identity', ''])('are refused with the encoding %j', (encoding) => {
    expect(read('POST', { ...JSON_BODY, 'content-encoding': encoding })).toMatchObject({
      status: 415,
      headers: { 'Accept-Encoding': 'identity' },
      detail: 'The body must not have a Content-Encoding.',
    });
  });

  it('accept chunked, and no other transfer encoding', () => {
    const chunks = { 'content-type': 'application/json' };
    expect(read('POST', { ...chunks, 'transfer-encoding': 'Chunked' })).not.toBeInstanceOf(Problem);
    expect(read('POST', { ...chunks, 'transfer-encoding': 'gzip, chunked' })).toMatchObject(
      invalidHeader('Transfer-Encoding'),
    );
  });

  it('are ignored without a body, or with a method that has none', () => {
    const odd = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
    expect(read('POST', { ...odd, 'content-length': '0' })).not.toBeInstanceOf(Problem);
    expect(read('POST', odd)).not.toBeInstanceOf(Problem);
    expect(read('GET', { ...odd, 'content-length': '2' })).not.toBeInstanceOf(Problem);
  });
});

describe('If-Match', () => {
  it.each([
    ['"0"', [0]],
    ['"12"', [12]],
    ['*', '*'],
    ['"1", "2"', [1, 2]],
    ['"a,b" ,, "7"\t,', [7]],
    ['"1" ', [1]],
    // Not a version of this service, or a weak tag: matches nothing.
    ['"01"', []],
    ['"-1"', []],
    ['""', []],
    ['"x"', []],
    ['W/"1"', []],
    ['W/"1", "3"', [3]],
    ['"12345678901234567"', []],
  ])('%s is %j', (header, ifMatch) => {
    expect(read('PATCH', { 'if-match': header })).toMatchObject({ ifMatch });
  });

  it.each(['', ',', '0', '"1', '1"', 'w/"1"', 'W/ "1"', '"1" "2"', '"1", 2', '"1", *', '**', '"a b"'])(
    'cannot be %j',
    (header) => {
      expect(read('PATCH', { 'if-match': header })).toMatchObject(invalidHeader('If-Match'));
    },
  );

  it('is ignored if nothing is changed', () => {
    expect(read('GET', { 'if-match': 'x', 'idempotency-key': 'a b' })).not.toBeInstanceOf(Problem);
  });
});

describe('Idempotency-Key', () => {
  it.each(['k', 'x'.repeat(255), '!~', 'a,b'])('can be %j', (header) => {
    expect(read('POST', { 'idempotency-key': header })).toMatchObject({ idempotencyKey: header });
  });

  it.each(['', 'x'.repeat(256), 'a b', 'a, b', 'ü', '\u007f'])('cannot be %j', (header) => {
    expect(read('POST', { 'idempotency-key': header })).toMatchObject(invalidHeader('Idempotency-Key'));
  });

  it('cannot be a list, which some runtimes make of a repeated header', () => {
    const listed = { 'idempotency-key': ['a', 'b'] } as unknown as Record<string, string>;
    expect(read('POST', listed)).toMatchObject(invalidHeader('Idempotency-Key'));
  });
});

describe('Automation-Position', () => {
  it.each([
    ['0', 0n],
    ['12345678901234567', 12345678901234567n],
  ])('%s is a position', (header, position) => {
    for (const method of ['GET', 'POST']) {
      expect(read(method, { 'automation-position': header })).toMatchObject({ position });
    }
  });

  it.each(['', '-1', '1.5', '0x1', 'x', '99999999999999999999'])('cannot be %j', (header) => {
    expect(read('GET', { 'automation-position': header })).toMatchObject(invalidHeader('Automation-Position'));
  });
});
