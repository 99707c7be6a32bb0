import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_HEADER_FIELDS } from './request-head.ts';
import { AddressCounter } from '../address-counter.ts';

/** Limits of the Node.js server, all explicit, so that none depends on a default that a release could change. */
export interface ServerLimits {
  /** Total size of all header names and values, in bytes; 431 beyond it. */
  readonly maxHeaderBytes: number;
  /** Time from the first byte of a connection or request to the end of its headers; then 408. */
  readonly headersTimeoutMs: number;
  /** Time from the same moment to the end of the body, including stalled uploads; then 408. */
  readonly requestTimeoutMs: number;
  /** How often both timeouts are checked. */
  readonly timeoutCheckMs: number;
  /**
   * How long an idle connection is kept. Longer than the usual 60 s of a reverse proxy, which could otherwise send a request on a
   * connection that was just closed.
   */
  readonly keepAliveTimeoutMs: number;
  /**
   * A connection is closed when no byte is sent or received for this long while an answer is in progress. Longer than the 15 s between
   * two comments of an event stream.
   */
  readonly idleTimeoutMs: number;
  /** Open connections; more are closed at once. Each may buffer a body of 256 KiB. */
  readonly maxConnections: number;
  /**
   * Open connections per address, counting an IPv6 /64 as one; more are closed at once. Null for no limit behind a reverse proxy, whose
   * connections carry the calls of all clients.
   */
  readonly maxConnectionsPerAddress: number | null;
}

export const SERVER_LIMITS: ServerLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  timeoutCheckMs: 500,
  keepAliveTimeoutMs: 65_000,
  idleTimeoutMs: 90_000,
  maxConnections: 1_024,
  maxConnectionsPerAddress: 400,
};

/** Call before the server listens. Node documents most of these as constructor options only, but also reads the properties. */
export function limitServer(server: Server, limits: ServerLimits): void {
  Object.assign(server, {
    maxHeaderSize: limits.maxHeaderBytes,
    // Node silently drops fields beyond this, possibly an If-Match. One more than allowed, so that an excess is detected.
    maxHeadersCount: MAX_HEADER_FIELDS + 1,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxConnections: limits.maxConnections,
    // Node would answer a missing Host with an empty body; request-head.ts answers with a problem.
    requireHostHeader: false,
  });
  server.setTimeout(limits.idleTimeoutMs);
  if (limits.maxConnectionsPerAddress !== null) limitAddresses(server, limits.maxConnectionsPerAddress);
}

/** Prevents one client from using all connections. */
function limitAddresses(server: Server, most: number): void {
  const open = new AddressCounter(most);
  server.on('connection', (socket: Socket) => {
    if (!open.admit(socket.remoteAddress, socket)) socket.destroy();
  });
}
