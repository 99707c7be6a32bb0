import { Engine } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { Groups } from '../persistent/groups.ts';
import { Authentication } from './authentication.ts';
import { allMethods } from './methods.ts';
import { checkOptions } from './options.ts';
import type { NodeOptions } from './options.ts';

/** As on a real server: the largest event plus overhead. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/** Connections still open after this time are destroyed, in milliseconds. */
const CLOSE_LIMIT_MS = 500;

/** A node in this thread: engine and gRPC server. */
export class EventStoreNode {
  readonly port: number;
  readonly #engine: Engine;
  readonly #groups: Groups;
  readonly #server: GrpcServer;
  #stopping: Promise<void> | undefined;

  private constructor(engine: Engine, groups: Groups, server: GrpcServer, port: number) {
    this.#engine = engine;
    this.#groups = groups;
    this.#server = server;
    this.port = port;
  }

  /** Rejects with the engine's errors (LockedError and others), or the system's error if it cannot listen. */
  static async start(options: NodeOptions): Promise<EventStoreNode> {
    checkOptions(options);
    const engine = Engine.open({
      path: options.dataDir ?? ':memory:',
      ...(options.maxAppendSize === undefined ? {} : { maxAppendSize: options.maxAppendSize }),
    });
    try {
      const groups = new Groups(engine);
      const authentication = new Authentication(options.users);
      const server = new GrpcServer({
        host: options.host ?? '127.0.0.1',
        port: options.port ?? 0,
        tls: options.tls,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        handlers: allMethods(engine, groups),
        admit: (call, method) => {
          authentication.admit(call, method);
        },
      });
      return new EventStoreNode(engine, groups, server, await server.listen());
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /**
   * Refuses new calls, commits and answers accepted ones, ends open calls with UNAVAILABLE, so that clients reconnect,
   * and closes the files.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const unavailable = new GrpcError(Code.UNAVAILABLE, 'Server Is Shutting Down');
    this.#server.refuse(unavailable);
    await this.#groups.stop();
    await this.#engine.close();
    await this.#server.close(unavailable, CLOSE_LIMIT_MS);
  }
}
