import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem } from './problems.ts';
import { startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const ID = '0190a0a0-0000-7000-8000-00000000000f';
const JSON_TYPE = { 'Content-Type': 'application/json' };

let app: ThingsApp;
beforeAll(async () => {
  app = await startThings();
});
afterAll(() => app.close());

const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(app.url + path, init);
const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Promise<Response> =>
  call('/api/things', { method: 'POST', headers, body: body as string });

describe('a body', () => {
  it.each([
    ['', '{"name":'],
    ['with a byte order mark', '\ufeff{"name":"a"}'],
    ['that ends with more', '{"name":"a"}x'],
    ['with a duplicate key', '{"name":"a","\\u006eame":"b"}'],
    ['that is only a space', ' '],
    ['that is too deep', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['of 20,000 levels', `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['that is a form', 'name=a'],
  ])('%s is malformed', async (_, body) => {
    await expectProblem(await post(body), 400, 'malformed-json');
  });

  it('that is not UTF-8 is malformed', async () => {
    await expectProblem(await post(Buffer.from('{"name":"\xff"}', 'latin1')), 400, 'malformed-json');
  });

  it.each(['[]', '[{"name":"a"}]', 'null', '1', '"name"', 'true'])('%s is not an object', async (body) => {
    const { errors } = await expectProblem(await post(body), 400, 'validation-failed');
    expect(errors).toEqual([{ pointer: '', detail: 'must be a JSON object' }]);
  });

  it('and a query are reported together', async () => {
    const answer = await call('/api/things?x=1', {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"colour":"Red","y":1}',
    });
    const { errors } = await expectProblem(answer, 400, 'validation-failed');
    expect((errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(['?x', '/y', '/name', '/colour']);
  });

  it('has no fields if none are accepted', async () => {
    const answer = await call(`/api/things/${ID}/poke`, { method: 'POST', headers: JSON_TYPE, body: '{"a":1}' });
    const { errors } = await expectProblem(answer, 400, 'validation-failed');
    expect(errors).toEqual([{ pointer: '/a', detail: 'is unknown' }]);
  });

  it('of exactly the maximum size is accepted, and one byte more is not', async () => {
    const sized = (bytes: number): string => `{"name":"a","text":"${'x'.repeat(bytes - 22)}"}`;
    expect((await post(sized(262_144))).status).toBe(201);
    await expectProblem(await post(sized(262_145)), 413, 'payload-too-large');
  });

  it('with 10,000 parts is refused quickly and briefly', async () => {
    const parts = Array.from({ length: 10_000 }, () => ({ id: '' }));
    const { errors } = await expectProblem(await post(JSON.stringify({ name: 'a', parts })), 400, 'validation-failed');
    expect(errors).toEqual([{ pointer: '/parts', detail: 'must have at most 200 items' }]);
  });

  it('cannot reach a prototype', async () => {
    await expectProblem(await post('{"name":"a","__proto__":{"colour":"red"}}'), 400, 'validation-failed');
    await expectProblem(await post('{"name":{"constructor":1}}'), 400, 'validation-failed');
    expect(({} as Record<string, unknown>).colour).toBeUndefined();
  });
});
