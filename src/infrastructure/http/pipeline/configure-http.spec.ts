import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { IsInteger } from '../fields/field-rules.ts';
import { readFields } from './configure-http.ts';
import { IsQueryInteger } from '../fields/query-rules.ts';
import type { Route } from '../http-route.ts';

class Query {
  @IsQueryInteger({ min: 1, max: 9 })
  limit!: number;
}
class Body {
  @IsInteger({ min: 0, max: 9 })
  size!: number;
}

function read(method: string, route: Partial<Route>, { query = '', json = {} }: { query?: string; json?: object }) {
  const request = { method, context: { json, query: 'unread' }, body: 'unread' } as unknown as Request;
  readFields(request, route as Route, query);
  return { query: request.context.query as unknown, body: request.body as unknown };
}

describe('the fields of a call', () => {
  it('are those of query and body', () => {
    const { query, body } = read('POST', { query: Query, body: Body }, { query: 'limit=3', json: { size: 4 } });
    expect(query).toBeInstanceOf(Query);
    expect(query).toEqual({ limit: 3 });
    expect(body).toBeInstanceOf(Body);
    expect(body).toEqual({ size: 4 });
  });

  it('are reported all at once if they are wrong', () => {
    expect(() => read('POST', { query: Query, body: Body }, { query: 'limit=x', json: { size: 10 } })).toThrow(
      expect.objectContaining({
        extras: {
          errors: [
            { pointer: '?limit', detail: 'must be a whole number from 1 to 9' },
            { pointer: '/size', detail: 'must be a whole number from 0 to 9' },
          ],
        },
      }),
    );
  });

  it('may be missing only if the route has none', () => {
    expect(() => read('POST', { query: Query }, {})).toThrow('not valid');
    expect(() => read('POST', { body: Body }, {})).toThrow('not valid');
    expect(read('POST', {}, {})).toEqual({ query: 'unread', body: {} });
  });

  it('are refused if the route has none', () => {
    expect(() => read('GET', {}, { query: 'a=1' })).toThrow('not valid');
    expect(() => read('POST', {}, { json: { a: 1 } })).toThrow('not valid');
  });

  it('are not read from the body of a method that has none', () => {
    expect(read('GET', { body: Body }, { json: { a: 1 } })).toEqual({ query: 'unread', body: 'unread' });
  });
});
