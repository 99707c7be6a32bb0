import { request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';

const STREAMED = /^(?:text\/event-stream|application\/x-ndjson)\b/;

/** Status and body of one call on a new connection. For an answer that may never end, only the status. */
export function firstAnswer(
  url: string,
  { body, ...options }: { method: string; path: string; headers: OutgoingHttpHeaders; body?: string },
): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, ...options });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (STREAMED.test(response.headers['content-type'] ?? '')) {
        response.destroy();
        resolve({ status, body: '' });
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status, body: text });
      });
    });
    outgoing.end(body);
  });
}
