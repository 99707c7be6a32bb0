import type { Request, Response } from 'express';

/** A body up to this size is read and thrown away after a refusal, so that the connection can be used again. */
const MAX_DISCARDED_BYTES = 256 * 1024;
/** How long a refused upload is listened to after its answer was written, before the connection is cut. */
const LINGER_MS = 1_000;
/** How much of it is thrown away meanwhile. */
const MAX_LINGER_BYTES = 16 * 1024 * 1024;

/** True when the request announces a body. */
export function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return length === undefined ? request.headers['transfer-encoding'] !== undefined : Number(length) !== 0;
}

/** True when so much of a refused request may still come, or may never come, that its connection has to end with it. */
export function mustCloseAfter(request: Request): boolean {
  if (request.complete || !hasBody(request)) return false;
  const length = request.headers['content-length'];
  return length === undefined || Number(length) > MAX_DISCARDED_BYTES;
}

/**
 * Writes the whole answer at once, but ends it, and with it the connection, only when the client has stopped sending or
 * enough was listened to. Closing at once with unread bytes would make the kernel reset the connection, and the client
 * could lose the very answer that tells it why. `Content-Type` and the other headers must be set.
 */
export function endWithBodyUnread(request: Request, response: Response, body: string): void {
  response.setHeader('Connection', 'close');
  response.flushHeaders();
  response.write(body);
  let discarded = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', count).off('end', end).off('error', end).off('close', end);
    response.end();
  };
  const count = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded > MAX_LINGER_BYTES) end();
  };
  const timer = setTimeout(end, LINGER_MS).unref();
  request.on('data', count).on('end', end).on('error', end).on('close', end);
  request.resume();
}
