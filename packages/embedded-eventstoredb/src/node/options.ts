/** Options of a node. Set `dataDir`, or `inMemory: true` for a log that ends with the node. */
export type NodeOptions = {
  /** Directory of the log, created if missing. Only one node at a time may use it. */
  readonly dataDir?: string;
  readonly inMemory?: boolean;
  /** Defaults to 0: any free port. */
  readonly port?: number;
  /** Address to listen on. Defaults to 127.0.0.1. */
  readonly host?: string;
  /** PEM texts. Without them the node uses plain HTTP/2 and clients need `tls=false`. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly caFile?: string };
  /** Names and passwords. If set, every call needs Basic credentials, which clients send over TLS only. */
  readonly users?: Readonly<Record<string, string>>;
  /** Maximum size of one append in bytes. Defaults to 1,048,576; at most 16 MiB. */
  readonly maxAppendSize?: number;
};

/** A larger append could not be read back: clients accept messages up to 17 MiB. */
const MAX_APPEND_SIZE = 16 * 1024 * 1024;

/** Throws a TypeError if an option is invalid. */
export function checkOptions(options: NodeOptions): void {
  const { dataDir, inMemory, port, tls, users, maxAppendSize } = options;
  if ((dataDir === undefined) === !inMemory) {
    throw new TypeError('Set either dataDir or inMemory: true, so that nothing is lost by accident');
  }
  if (dataDir === '' || dataDir === ':memory:') throw new TypeError('dataDir must name a directory');
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new TypeError(`port must be a whole number from 0 to 65535, not ${port}`);
  }
  if (users !== undefined && tls === undefined) {
    throw new TypeError('users require tls: without it clients send no credentials');
  }
  if (maxAppendSize !== undefined && !(maxAppendSize > 0 && maxAppendSize <= MAX_APPEND_SIZE)) {
    throw new TypeError(`maxAppendSize must be from 1 to ${MAX_APPEND_SIZE} bytes, not ${maxAppendSize}`);
  }
}
