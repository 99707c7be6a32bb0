import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { tagVersion } from './conditional.ts';

function tag(method: string, ifNoneMatch: string | undefined): { known: boolean; status: number; etag: unknown } {
  const headers: Record<string, unknown> = {};
  let status = 200;
  const response = {
    setHeader: (name: string, value: unknown) => (headers[name] = value),
    status: (value: number) => (status = value),
  };
  const request = { method, headers: ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch } };
  const known = tagVersion(request as unknown as Request, response as unknown as Response, 3);
  return { known, status, etag: headers.ETag };
}

describe('tagVersion', () => {
  it.each(['"3"', 'W/"3"', '"2", "3"', '"2",W/"3" , "4"', '*', ' * ', '"a,b", "3"'])('knows %s', (header) => {
    for (const method of ['GET', 'HEAD'])
      expect(tag(method, header)).toEqual({ known: true, status: 304, etag: '"3"' });
  });

  it.each([undefined, '"2"', '"33"', '3', 'w/3', '', '"3', '""', '"2", "4"', '"*"', '"\\"3"'])(
    'does not know %s',
    (header) => {
      expect(tag('GET', header)).toEqual({ known: false, status: 200, etag: '"3"' });
    },
  );

  it('does not apply to other methods', () => {
    expect(tag('PATCH', '"3"')).toEqual({ known: false, status: 200, etag: '"3"' });
  });
});
