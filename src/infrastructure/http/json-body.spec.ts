import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { MAX_BODY_BYTES, readJsonObject } from './json-body.ts';

const upload = (headers: Record<string, string>): PassThrough & Request =>
  Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & Request;
const read = (request: Request): Promise<object> => readJsonObject(request, {} as Response);

describe('readJsonObject', () => {
  it('puts a body together however it comes', async () => {
    const request = upload({ 'transfer-encoding': 'chunked' });
    const result = read(request);
    const bytes = Buffer.from('{"name":"ü"}');
    for (const byte of bytes) request.write(Buffer.from([byte]));
    request.end();
    expect(await result).toEqual({ name: 'ü' });
  });

  it('settles when the client goes away', async () => {
    for (const error of [undefined, new Error('aborted')]) {
      const request = upload({ 'content-length': '9' });
      const result = read(request);
      request.write('{');
      request.destroy(error);
      await expect(result).rejects.toMatchObject({ code: 'malformed-json' });
    }
  });

  it('stops reading once it has refused', async () => {
    const request = upload({ 'transfer-encoding': 'chunked' });
    const result = read(request);
    request.write(Buffer.alloc(MAX_BODY_BYTES));
    request.write(Buffer.alloc(1));
    await expect(result).rejects.toMatchObject({ code: 'payload-too-large' });
    expect(request.isPaused()).toBe(true);
    expect(request.listenerCount('data')).toBe(0);
  });
});
