import { createHash, timingSafeEqual } from 'node:crypto';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import { credentials } from '../grpc/credentials.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';

/** Calls that clients make without credentials, before they know which server they talk to. */
const OPEN_METHODS = new Set([
  '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
  '/event_store.client.gossip.Gossip/Read',
]);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Checks Basic credentials against a list of users. Without a list, everything is allowed. */
export class Authentication {
  /** Hashes of "name:password", so that a comparison always takes the same time. */
  readonly #digests: Buffer[] | undefined;

  constructor(users: Readonly<Record<string, string>> | undefined) {
    this.#digests = users && Object.entries(users).map(([name, password]) => digest(`${name}:${password}`));
  }

  /** Throws UNAUTHENTICATED for wrong credentials and PERMISSION_DENIED for none. */
  admit(call: GrpcCall, method: string): void {
    if (!this.#digests) return;
    const given = credentials(call);
    if (given === undefined) {
      if (OPEN_METHODS.has(method)) return;
      throw new GrpcError(Code.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
    }
    const givenDigest = digest(given);
    const isKnown = this.#digests.filter((known) => timingSafeEqual(known, givenDigest)).length > 0;
    if (!isKnown) throw new GrpcError(Code.UNAUTHENTICATED, 'Unauthenticated');
  }
}
