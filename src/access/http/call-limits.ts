import type { Request, Response } from 'express';
import type { Access } from '../access.ts';
import type { AccessConfig } from '../access-config.ts';
import { AddressCounter } from '../../infrastructure/http/address-counter.ts';
import { networkOf } from '../../infrastructure/http/network.ts';
import type { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import { httpProblem } from '../../infrastructure/http/problems/problem-details.ts';
import type { RateLimit } from '../../infrastructure/http/rate-limiter.ts';
import { RateLimiter } from '../../infrastructure/http/rate-limiter.ts';
import type { Caller } from './caller.ts';

const WINDOW_SECONDS = 60;
/** Far above the calls of a fleet of workers that share one key. */
const DEFAULT_OF_PRINCIPAL = 6_000;
const DEFAULT_OF_ADDRESS = 600;
const MAX_UNDER_WAY = 400;

/**
 * Rate limits of callers. Principals are counted by name. Attempt tokens are counted by request, separately for worker and agent, so that
 * an agent that calls too often does not hold up its worker's heartbeats. Calls without valid credentials are counted by address. While the
 * service is open, only configured limits apply, not the defaults.
 */
export class CallLimits {
  readonly #access: Access;
  readonly #principals: Limit;
  readonly #addresses: Limit;
  readonly #now: () => number;
  /** Calls in progress by address; null without a proxy, because connections are counted then. */
  readonly #underWay: AddressCounter | null;

  constructor(access: Access, config: AccessConfig, now: () => number) {
    this.#access = access;
    this.#now = now;
    this.#underWay = config.trustedProxies > 0 ? new AddressCounter(MAX_UNDER_WAY) : null;
    this.#principals = limitOf('principal', config.callsPerMinute, DEFAULT_OF_PRINCIPAL);
    this.#addresses = limitOf('address', config.unauthenticatedPerMinute, DEFAULT_OF_ADDRESS);
  }

  /** Counts a call. Returns 429 when the limit is reached. `caller` is undefined if its credentials were not accepted. */
  take(caller: Caller | undefined, request: Request, response: Response): Problem | undefined {
    if (this.#underWay && !this.#underWay.admit(request.ip, response))
      return httpProblem('rate-limited', `An address may have at most ${MAX_UNDER_WAY} calls in progress.`, {
        headers: { 'Retry-After': '1' },
      });
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
