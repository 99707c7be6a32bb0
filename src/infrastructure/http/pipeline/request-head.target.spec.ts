import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { readTarget } from './request-head.ts';

describe('readTarget', () => {
  it.each([
    ['/a/b', '/a/b', '', undefined],
    ['/a?x=1?y', '/a', 'x=1?y', undefined],
    ['/?', '/', '', undefined],
    ['//evil.example/a', '//evil.example/a', '', undefined],
    ['/a#b', '/a#b', '', undefined],
    ['http://localhost:8000/a?b', '/a', 'b', 'localhost:8000'],
    ['HTTPS://user@host/a', '/a', '', 'user@host'],
    ['http://host', '', '', 'host'],
    ['http://host?x', '', 'x', 'host'],
    ['*', '', '', undefined],
    ['ftp://host/a', '', '', undefined],
    ['a/b', '', '', undefined],
    ['', '', '', undefined],
  ])('%s', (url, path, query, authority) => {
    expect(readTarget({ url } as Request)).toEqual({ path, query, authority });
  });
});
