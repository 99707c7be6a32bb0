import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_HEADER_FIELDS } from './header-rules.ts';
import { AddressCounter } from '../address-counter.ts';

/** What the Node server itself bounds. All of it is set here; nothing rests on a default that a release could change. */
export interface ServerLimits {
  /** Names and values of all header fields together, in bytes; more is 431. */
  readonly maxHeaderBytes: number;
  /** From the first byte of a connection or request to the end of its headers; then 408. */
  readonly headersTimeoutMs: number;
  /** From the same moment to the end of the body, so also for a stalled upload; then 408. */
  readonly requestTimeoutMs: number;
  /** How often both are looked at. */
  readonly timeoutCheckMs: number;
  /**
   * How long an idle connection is kept: longer than the usual 60 s of a proxy in front, which could otherwise send on one
   * just closed.
   */
  readonly keepAliveTimeoutMs: number;
  /**
   * After how long a connection is cut on which nothing moves in either direction though an answer is under way. Longer than
   * the 15 s between two comments of an event stream.
   */
  readonly idleTimeoutMs: number;
  /** Open connections; more are closed as they come. Each may hold a body of 256 KiB while it arrives. */
  readonly maxConnections: number;
  /**
   * Open connections of one address, a /64 of IPv6 counting as one; more are closed as they come. Null behind a reverse proxy, whose
   * connections are everyone's.
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
    // Node drops fields beyond this without a word, an If-Match perhaps: one more than is taken, so that it shows.
    maxHeadersCount: MAX_HEADER_FIELDS + 1,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxConnections: limits.maxConnections,
    // Its own refusal of a missing Host has an empty body; host-check.ts answers in full.
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
