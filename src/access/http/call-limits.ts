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
/** A fleet of workers that share one key stays far below. */
const DEFAULT_OF_PRINCIPAL = 6_000;
const DEFAULT_OF_ADDRESS = 600;
const MAX_UNDER_WAY = 400;

/**
 * How often callers may call. Principals are counted by name and the tokens of each attempt separately, so that an agent that calls too often
 * does not hold up its worker's heartbeats. Calls without valid credentials are counted by address. An open service, whose only principal is
 * everyone on the machine, has no limits but those that were configured.
 */
export class CallLimits {
  readonly #access: Access;
  readonly #principals: Limit;
  readonly #addresses: Limit;
  readonly #now: () => number;
  /** Calls in progress by address, behind a proxy; null where connections are counted instead. */
  readonly #underWay: AddressCounter | null;

  constructor(access: Access, config: AccessConfig, now: () => number) {
    this.#access = access;
    this.#now = now;
    this.#underWay = config.trustedProxies > 0 ? new AddressCounter(MAX_UNDER_WAY) : null;
    this.#principals = limitOf('principal', config.callsPerMinute, DEFAULT_OF_PRINCIPAL);
    this.#addresses = limitOf('address', config.unauthenticatedPerMinute, DEFAULT_OF_ADDRESS);
  }

  /** `caller` is undefined if its credentials were not accepted. */
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
