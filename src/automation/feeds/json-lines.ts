import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

export const JSON_LINES = 'application/x-ndjson';

/**
 * Answers with one JSON text a line, read page by page as fast as the client takes them. If that fails after the first page, or `signal` is
 * aborted, the connection is cut, so that nobody takes a part for the whole. A client that leaves is no error.
 */
export async function writeJsonLines(
  response: Response,
  pages: AsyncIterable<readonly object[]>,
  signal: AbortSignal,
): Promise<void> {
  const reading = pages[Symbol.asyncIterator]();
  // Before the head, so that a store that does not answer is still told by a status.
  const first = await reading.next();
  response.setHeader('Content-Type', JSON_LINES);
  response.setHeader('Cache-Control', 'no-store');
  response.flushHeaders();
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  // One page ahead, and not sixteen.
  const lines = Readable.from(textOf(first, reading), { highWaterMark: 1 });
  await pipeline(lines, response, { signal }).catch((error: unknown) => {
    const { code } = error as { code?: unknown };
    if (!signal.aborted && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

async function* textOf(
  first: IteratorResult<readonly object[], unknown>,
  reading: AsyncIterator<readonly object[]>,
): AsyncGenerator<string> {
  for (let page = first; !page.done; page = await reading.next()) {
    yield page.value.map((item) => `${JSON.stringify(item)}\n`).join('');
  }
}
