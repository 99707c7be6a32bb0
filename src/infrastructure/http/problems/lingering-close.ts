import type { Request, Response } from 'express';
import { hasBody } from '../request-context.ts';

/** After a refusal, a body up to this size is read and discarded, so that the connection can be reused. */
const MAX_DISCARDED_BYTES = 256 * 1024;
/** How long a refused upload is read after the answer was written, before the connection is closed. */
const LINGER_MS = 1_000;
/** How much of it is read and discarded at most. */
const MAX_LINGER_BYTES = 16 * 1024 * 1024;

/** Whether the connection of a refused request must be closed, because too much of its body, or an unknown amount, is still to come. */
export function mustCloseAfter(request: Request): boolean {
  if (request.complete || !hasBody(request)) return false;
  const length = request.headers['content-length'];
  return length === undefined || Number(length) > MAX_DISCARDED_BYTES;
}

/**
 * Writes the whole answer at once, but ends it and closes the connection only when the client has stopped sending, or at a limit. Closing
 * at once with unread bytes would make the kernel reset the connection, and the client could lose the answer. `Content-Type` and the other
 * headers must be set before.
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
