import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a call. `lose-answer`: it takes effect, but the connection breaks before the answer. `holdUntil`: its answer comes late.
 * `json`: the proxy answers.
 */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'hang'
  | { readonly status: number; readonly code?: string }
  | { readonly json: unknown }
  | { readonly holdUntil: Promise<unknown> };

/** A proxy between a client and the service, which does to single calls what networks and outages do. */
export class HttpProxy {
  /** Called for each call. */
  fate: (call: { readonly method: string; readonly path: string }) => Fate = () => 'pass';
  /** `METHOD /path` of every call, in order. */
  readonly calls: string[] = [];
  readonly #target: () => string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;

  private constructor(target: () => string) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing);
    });
  }

  static async start(target: () => string): Promise<HttpProxy> {
    const proxy = new HttpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(pattern: RegExp): number {
    return this.calls.filter((call) => pattern.test(call)).length;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  /** URL of the service; null while the service is down. */
  #whereTo(): URL | null {
    try {
      return new URL(this.#target());
    } catch {
      return null;
    }
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url: path = '' } = incoming;
    this.calls.push(`${method} ${path}`);
    const fate = this.fate({ method, path });
    if (fate === 'hang') return;
    if (typeof fate === 'object' && !('holdUntil' in fate)) {
      incoming.resume();
      if ('json' in fate) {
        outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(fate.json));
        return;
      }
      outgoing.writeHead(fate.status, { 'Content-Type': 'application/problem+json', 'Retry-After': '0' });
      const { status, code = 'event-store-unavailable' } = fate;
      outgoing.end(JSON.stringify({ status, code, title: 'away' }));
      return;
    }
    const target = this.#whereTo();
    if (target === null) {
      incoming.socket.destroy();
      return;
    }
    const { hostname, port, host } = target;
    const onward = request(
      { method, path, hostname, port, agent: this.#agent, headers: { ...incoming.headers, host } },
      (answer) => {
        if (fate === 'lose-answer') {
          answer.resume();
          answer.on('end', () => incoming.socket.destroy());
          return;
        }
        // A service that is killed while it answers leaves half an answer.
        answer.on('error', () => incoming.socket.destroy());
        void Promise.resolve(typeof fate === 'object' && fate.holdUntil).then(() => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
      },
    );
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  }
}
