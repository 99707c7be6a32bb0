import { isIPv6 } from 'node:net';
import type { Request, Response } from 'express';
import type { Access } from '../../access/access.ts';
import type { AccessConfig } from '../../access/access-config.ts';
import type { Problem } from '../../infrastructure/http/problem-details.ts';
import type { RateLimit } from '../../infrastructure/http/rate-limiter.ts';
import { RateLimiter } from '../../infrastructure/http/rate-limiter.ts';
import type { Caller } from './caller.ts';

const WINDOW_SECONDS = 60;
/** A fleet of workers that share a key stays far below. */
const DEFAULT_OF_PRINCIPAL = 6_000;
const DEFAULT_OF_ADDRESS = 600;

/**
 * How often callers may call. Principals count by name, each attempt's tokens by themselves, so that an agent gone wild does not hold up its
 * worker's heartbeats; whoever shows nothing that is taken counts by address. An open service, whose one principal is everyone on the
 * machine, has only the limits that were set.
 */
export class CallLimits {
  readonly #access: Access;
  readonly #principals: Limit;
  readonly #addresses: Limit;
  readonly #now: () => number;

  constructor(access: Access, config: AccessConfig, now: () => number) {
    this.#access = access;
    this.#now = now;
    this.#principals = limitOf('principal', config.callsPerMinute, DEFAULT_OF_PRINCIPAL);
    this.#addresses = limitOf('address', config.unauthenticatedPerMinute, DEFAULT_OF_ADDRESS);
  }

  /** `caller` is undefined for credentials that were not taken. */
  take(caller: Caller | undefined, request: Request, response: Response): Problem | undefined {
    const isKnown = caller !== undefined && (caller.isAuthenticated || caller.scopes.size > 0);
    const { limiter, isDefault } = isKnown ? this.#principals : this.#addresses;
    if (!limiter || (isDefault && this.#access.isOpen)) return undefined;
    return limiter.limit(isKnown ? principalOf(caller) : networkOf(request.ip ?? ''), this.#now(), response);
  }
}

interface Limit {
  readonly limiter: RateLimiter | null;
  readonly isDefault: boolean;
}

function limitOf(name: string, set: number | null, fallback: number): Limit {
  const limit: RateLimit = { name, quota: set ?? fallback, windowSeconds: WINDOW_SECONDS };
  return { limiter: set === 0 ? null : new RateLimiter(limit), isDefault: set === null };
}

function principalOf({ name, token }: Caller): string {
  return token ? `${token.holder} ${token.requestId}` : `principal ${name}`;
}

/** One household or server has a whole /64 of IPv6 to call from. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const groups = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
  return groups.slice(0, 4).join(':');
}
