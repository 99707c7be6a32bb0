import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

/** Serves the repositories of a folder over HTTP, through git's own CGI program. */
export class GitServer {
  readonly url: string;
  /** Headers of the last request. */
  headers: IncomingHttpHeaders = {};
  /** Called while a request is served, so that a test can look at what is running. */
  onRequest: () => void = () => undefined;
  /** Delay between two pieces of 4 KiB of an answer, in ms; 0 for none. */
  pauseMs = 0;
  /** Accepts requests and answers none. */
  isDead = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param user the only user allowed in */
  static async start(
    folder: string,
    user: { readonly username: string; readonly password: string },
  ): Promise<GitServer> {
    const expected = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
    const server = createServer((request, response) => {
      made.headers = request.headers;
      made.onRequest();
      if (made.isDead) return;
      if (request.headers.authorization === expected) serve(folder, request, response, made.pauseMs);
      else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const made = new GitServer(server);
    return made;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

const BACKEND = `${execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()}/git-http-backend`;

function serve(folder: string, request: IncomingMessage, response: ServerResponse, pauseMs: number): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://localhost');
  const child = spawn(BACKEND, {
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'],
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  pipeline(body, child.stdin, () => undefined);
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    pipeline(pauseMs > 0 ? Readable.from(slowly(child.stdout, pauseMs)) : child.stdout, response, () => undefined);
  };
  child.stdout.on('data', readHead);
}

async function* slowly(source: Readable, pauseMs: number): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += 4_096) {
      await delay(pauseMs);
      yield chunk.subarray(at, at + 4_096);
    }
  }
}
