import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A gate in front of a local server, on a fixed port: lets connections through, refuses them or keeps them waiting. */
export class Gate {
  readonly #target: number;
  #port = 0;
  #server: Server | null = null;
  #silent = false;
  #accepted = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#target = target;
  }

  static async before(targetPort: number): Promise<Gate> {
    const gate = new Gate(targetPort);
    await gate.open();
    return gate;
  }

  get port(): number {
    return this.#port;
  }

  /** How many connections it has taken so far. */
  get accepted(): number {
    return this.#accepted;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Lets connections through. */
  async open(): Promise<void> {
    this.#silent = false;
    if (this.#server) return;
    this.#server = createServer((client) => this.#accept(client)).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and refuses new ones, like a server that is down. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.#cut();
    await closed;
  }

  /** Cuts open connections, and accepts new ones without passing anything on, like a server that hangs. */
  async silence(): Promise<void> {
    await this.open();
    this.#silent = true;
    this.#cut();
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    this.#watch(client);
    if (this.#silent) {
      client.resume();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    this.#watch(server);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
