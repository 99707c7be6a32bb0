import { EventStoreNode } from './node/event-store-node.ts';
import { HostedNode } from './node/hosted-node.ts';
import { connectionString } from './node/connection-string.ts';
import type { NodeOptions } from './node/options.ts';

export type { NodeOptions } from './node/options.ts';

export type EmbeddedEventStoreDBOptions = NodeOptions & {
  /**
   * Where the node runs. `'in-process'`, the default, shares the caller's event loop; `'thread'` and `'child'` keep
   * its work off it. A child ends with `stop` and with the process that started it.
   */
  readonly run?: 'in-process' | 'thread' | 'child';
};

/** An EventStoreDB node that runs inside Node.js and keeps its events in SQLite. */
export class EmbeddedEventStoreDB {
  readonly port: number;
  /** For `EventStoreDBClient.connectionString`. Contains no credentials. */
  readonly connectionString: string;
  readonly #node: EventStoreNode | HostedNode;

  private constructor(node: EventStoreNode | HostedNode, options: NodeOptions) {
    this.#node = node;
    this.port = node.port;
    this.connectionString = connectionString(options, node.port);
  }

  /**
   * Starts a node and resolves when it accepts calls. Rejects with a TypeError for invalid options, with an error of
   * `code` `'locked'`, `'newer-format'` or `'not-an-event-log'` if the data cannot be opened, and with the system's
   * error if the address is not available.
   */
  static async start(options: EmbeddedEventStoreDBOptions): Promise<EmbeddedEventStoreDB> {
    const { run = 'in-process', ...nodeOptions } = options;
    const node =
      run === 'in-process' ? await EventStoreNode.start(nodeOptions) : await HostedNode.start(run, nodeOptions);
    return new EmbeddedEventStoreDB(node, nodeOptions);
  }

  /** Answers accepted calls, ends open ones with UNAVAILABLE and closes the files. Idempotent. */
  stop(): Promise<void> {
    return this.#node.stop();
  }

  /** For a node in a thread or child: resolves when it has ended, with an error if `stop` was not called. */
  get ended(): Promise<Error | undefined> | undefined {
    return this.#node instanceof HostedNode ? this.#node.ended : undefined;
  }
}
