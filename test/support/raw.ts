import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Answer } from './api.ts';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends raw bytes that no client library would send, and reads until the server closes or an answer is complete. */
export async function sendRaw(url: string, bytes: string | Buffer, { limitMs = 15_000 } = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(limitMs, () => socket.destroy(new Error(`Nothing within ${limitMs} ms.`)));
  socket.write(bytes);
  let text = '';
  try {
    for await (const chunk of socket) {
      text += (chunk as Buffer).toString('latin1');
      const answer = parse(text);
      if (answer) return answer;
    }
  } finally {
    socket.destroy();
  }
  throw new Error(`The connection ended after: ${JSON.stringify(text)}`);
}

function parse(text: string): RawAnswer | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return null;
  return { status: Number(first.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString('utf8') };
}

/** Writes to an open connection and reads one answer, in the form of the other client's. */
export async function exchange(socket: Socket, bytes: string, { limitMs = 20_000 } = {}): Promise<Answer> {
  const begun = performance.now();
  socket.setTimeout(limitMs, () => socket.destroy(new Error(`Nothing within ${limitMs} ms.`)));
  socket.write(bytes);
  let text = '';
  try {
    for await (const chunk of socket) {
      text += (chunk as Buffer).toString('latin1');
      const answer = parse(text);
      if (!answer) continue;
      const { status, headers, body } = answer;
      const json = body === '' ? undefined : (JSON.parse(body) as unknown);
      return { status, headers, text: body, body: json, tookMs: performance.now() - begun };
    }
  } finally {
    socket.destroy();
  }
  throw new Error(`The connection ended after: ${JSON.stringify(text)}`);
}
