import { isUtf8 } from 'node:buffer';
import type { Request, Response } from 'express';
import { parseJson } from './parse-json.ts';
import { hasBody } from '../request-context.ts';
import { httpProblem, validationFailed } from '../problems/problem-details.ts';
import type { JsonObject } from './parse-json.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_JSON_DEPTH = 32;

/**
 * Reads the body of a request as a JSON object; `{}` if there is no body. Throws 413 as soon as the size is known to be too large, 400
 * `malformed-json`, or 400 `validation-failed` for JSON that is not an object. The server's `requestTimeout` limits the time.
 */
export async function readJsonObject(request: Request, response: Response): Promise<JsonObject> {
  if (!hasBody(request)) return {};
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  // Sent here rather than by Node (see connections.ts), so that a request refused for its headers never sends its body.
  if (request.headers.expect !== undefined) response.writeContinue();
  const bytes = await readBytes(request);
  return bytes.length === 0 ? {} : parseObject(bytes);
}

function parseObject(bytes: Buffer): JsonObject {
  // Decoding keeps a byte order mark, which the JSON parser then refuses.
  if (!isUtf8(bytes)) throw httpProblem('malformed-json', 'The body is not valid UTF-8.');
  const { fault, value } = parseJson(bytes.toString('utf8'), MAX_JSON_DEPTH);
  if (fault !== undefined) throw httpProblem('malformed-json', fault);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw validationFailed([{ pointer: '', detail: 'must be a JSON object' }]);
  }
  return value as JsonObject;
}

/** Reads the whole body. If it is refused, the answer's writer handles the rest of it. */
function readBytes(request: Request): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > MAX_BODY_BYTES) fail(tooLarge());
    };
    const finish = (): void => {
      stop();
      const [first, ...more] = chunks;
      resolve(first !== undefined && more.length === 0 ? first : Buffer.concat(chunks, length));
    };
    const fail = (error: Error): void => {
      stop();
      request.pause();
      reject(error);
    };
    // The client has disconnected, or its bytes could not be parsed; connections.ts answers if the client still listens.
    const abort = (): void => fail(httpProblem('malformed-json', 'The body ended early.'));
    const stop = (): void => {
      request.off('data', take).off('end', finish).off('error', abort).off('close', abort);
    };
    request.on('data', take).on('end', finish).on('error', abort).on('close', abort);
  });
}

function tooLarge(): Error {
  return httpProblem('payload-too-large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}

/**
 * Replaces `response.json` of Express. Node writes head and body at once if the body is a string; Express makes it a buffer from 1,000
 * characters on, which costs a second write.
 */
export function sendJson(this: Response, body: unknown): Response {
  const text = JSON.stringify(body);
  if (!this.hasHeader('Content-Type')) this.setHeader('Content-Type', 'application/json; charset=utf-8');
  this.setHeader('Content-Length', Buffer.byteLength(text));
  if (this.req.method === 'HEAD') this.end();
  else this.end(text);
  return this;
}
