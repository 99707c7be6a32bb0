import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { MAX_BODY_BYTES, readJsonObject } from './json-body.ts';

const upload = (headers: Record<string, string>): PassThrough & Request =>
  Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & Request;
/** How often the server has sent 100 Continue. */
let asked = 0;
const response = { writeContinue: () => (asked += 1) } as unknown as Response;
const read = (request: Request): Promise<object> => readJsonObject(request, response);
const sent = (body: string | Buffer, headers: Record<string, string> = { 'content-length': '9' }): Promise<object> => {
  const request = upload(headers);
  const result = read(request);
  request.end(body);
  return result;
};

describe('readJsonObject', () => {
  it('assembles a body however it is split', async () => {
    const request = upload({ 'transfer-encoding': 'chunked' });
    const result = read(request);
    const bytes = Buffer.from('{"name":"ü"}');
    for (const byte of bytes) request.write(Buffer.from([byte]));
    request.end();
    expect(await result).toEqual({ name: 'ü' });
  });

  it('settles when the client disconnects', async () => {
    for (const error of [undefined, new Error('aborted')]) {
      const request = upload({ 'content-length': '9' });
      const result = read(request);
      request.write('{');
      request.destroy(error);
      await expect(result).rejects.toMatchObject({ code: 'malformed-json' });
    }
  });

  it('stops reading after a refusal', async () => {
    const request = upload({ 'transfer-encoding': 'chunked' });
    const result = read(request);
    request.write(Buffer.alloc(MAX_BODY_BYTES));
    request.write(Buffer.alloc(1));
    await expect(result).rejects.toMatchObject({ code: 'payload-too-large' });
    expect(request.isPaused()).toBe(true);
    expect(request.listenerCount('data')).toBe(0);
  });

  it('returns an empty object for no body, and for an empty one', async () => {
    for (const headers of [{}, { 'content-length': '0' }] as Record<string, string>[]) {
      expect(await read(upload(headers))).toEqual({});
    }
    expect(await sent('', { 'transfer-encoding': 'chunked' })).toEqual({});
  });

  it('refuses a body announced as too large before it arrives', async () => {
    await expect(read(upload({ 'content-length': String(MAX_BODY_BYTES + 1) }))).rejects.toMatchObject({
      code: 'payload-too-large',
    });
    const largest = `{"a":"${'x'.repeat(MAX_BODY_BYTES - 8)}"}`;
    expect(Buffer.byteLength(largest)).toBe(MAX_BODY_BYTES);
    expect(await sent(largest, { 'content-length': String(MAX_BODY_BYTES) })).toEqual(JSON.parse(largest));
  });

  it('asks for the body if the client expects that, unless it is refused', async () => {
    asked = 0;
    await sent('{}');
    expect(asked).toBe(0);
    await sent('{}', { 'content-length': '2', expect: '100-continue' });
    expect(asked).toBe(1);
    const tooLarge = upload({ 'content-length': String(MAX_BODY_BYTES + 1), expect: '100-continue' });
    await expect(read(tooLarge)).rejects.toMatchObject({ code: 'payload-too-large' });
    expect(asked).toBe(1);
  });

  it.each(['[]', '[{}]', 'null', '3', '"x"', 'true'])('refuses %s, which is not an object', async (body) => {
    await expect(sent(body)).rejects.toMatchObject({
      code: 'validation-failed',
      extras: { errors: [{ pointer: '', detail: 'must be a JSON object' }] },
    });
  });

  it.each([
    ['what is not JSON', '{', 'The body is not valid JSON.'],
    ['a byte order mark', '\ufeff{}', 'The body is not valid JSON.'],
    ['what is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'The body is not valid UTF-8.'],
    [
      'what lies too deep',
      `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`,
      'Arrays and objects lie more than 32 levels deep.',
    ],
  ])('refuses %s', async (_, body, detail) => {
    await expect(sent(body)).rejects.toMatchObject({ code: 'malformed-json', detail });
  });

  it('leaves no listeners behind', async () => {
    const request = upload({ 'content-length': '2' });
    const result = read(request);
    request.end('{}');
    await result;
    expect(request.listenerCount('data')).toBe(0);
    expect(request.listenerCount('end')).toBe(0);
  });
});
