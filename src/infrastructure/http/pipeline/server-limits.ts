import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_HEADER_FIELDS } from './header-rules.ts';
import { AddressCounter } from '../address-counter.ts';

/** Limits of the Node.js server. All are set here, so none depends on a default that a release could change. */
export interface ServerLimits {
  /** Names and values of all header fields together, in bytes; more is 431. */
  readonly maxHeaderBytes: number;
  /** From the first byte of a connection or request to the end of its headers; then 408. */
  readonly headersTimeoutMs: number;
  /** From the same moment to the end of the body, so also for a stalled upload; then 408. */
  readonly requestTimeoutMs: number;
  /** How often both timeouts are checked. */
  readonly timeoutCheckMs: number;
  /**
   * How long an idle connection is kept: longer than the usual 60 s of a proxy in front, which could otherwise send on one
   * just closed.
   */
  readonly keepAliveTimeoutMs: number;
  /**
   * A connection is closed when no byte is sent or received for this long while an answer is in progress. Longer than the 15 s between
   * two comments of an event stream.
   */
  readonly idleTimeoutMs: number;
  /** Open connections; further ones are closed at once. Each may buffer a body of 256 KiB. */
  readonly maxConnections: number;
  /**
   * Open connections of one address, counting a /64 of IPv6 as one; further ones are closed at once. Null behind a reverse proxy, whose
   * connections carry everyone's calls.
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

/** To be called before the server listens. Node documents most of these as options only, but reads them where they are set. */
export function limitServer(server: Server, limits: ServerLimits): void {
  Object.assign(server, {
    maxHeaderSize: limits.maxHeaderBytes,
    // Node silently drops fields beyond this, possibly an If-Match. One more than allowed, so that too many are noticed.
    maxHeadersCount: MAX_HEADER_FIELDS + 1,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxConnections: limits.maxConnections,
    // Node would answer a missing Host with an empty body; host-check.ts answers with a problem.
    requireHostHeader: false,
  });
  server.setTimeout(limits.idleTimeoutMs);
  if (limits.maxConnectionsPerAddress !== null) limitAddresses(server, limits.maxConnectionsPerAddress);
}

/** So that one client cannot take every connection there is. */
function limitAddresses(server: Server, most: number): void {
  const open = new AddressCounter(most);
  server.on('connection', (socket: Socket) => {
    if (!open.admit(socket.remoteAddress, socket)) socket.destroy();
  });
}
