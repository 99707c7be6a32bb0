import { LRUCache } from 'lru-cache';
import type { Response } from 'express';
import { httpProblem } from './problems/problem-details.ts';
import type { Problem } from './problems/problem-details.ts';

export interface RateLimit {
  /** As the headers call it. */
  readonly name: string;
  /** So many calls may come at once, and so many in each window. */
  readonly quota: number;
  readonly windowSeconds: number;
}

/** What one call found. */
export interface Taken {
  readonly isAllowed: boolean;
  /** Calls that could come right now. */
  readonly remaining: number;
  /** Until as many as `quota` could come again, rounded up. */
  readonly resetSeconds: number;
  /** Until one more call is allowed, rounded up; 0 while one is. */
  readonly waitSeconds: number;
}

/** Of whom that many others came after, it is forgotten that they came: memory is bounded, whoever calls. */
const MAX_CALLERS = 10_000;

/**
 * A limit for each caller: a bucket that holds `quota` calls and fills evenly. Kept is one number a caller, the time at which its bucket
 * will be full (the generic cell rate algorithm).
 */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #perCallMs: number;
  readonly #fullAt: LRUCache<string, number>;

  constructor(limit: RateLimit, { maxCallers = MAX_CALLERS }: { readonly maxCallers?: number } = {}) {
    this.#limit = limit;
    this.#perCallMs = (limit.windowSeconds * 1_000) / limit.quota;
    this.#fullAt = new LRUCache({ max: maxCallers });
  }

  /** Takes one call out of the caller's bucket, at this time in ms. A call that is refused takes nothing. */
  take(caller: string, nowMs: number): Taken {
    const windowMs = this.#limit.windowSeconds * 1_000;
    const fullAt = Math.max(this.#fullAt.get(caller) ?? 0, nowMs);
    const next = fullAt + this.#perCallMs;
    const isAllowed = next - nowMs <= windowMs + ROUNDING_MS;
    if (isAllowed) this.#fullAt.set(caller, next);
    const usedMs = (isAllowed ? next : fullAt) - nowMs;
    const remaining = Math.max(0, Math.floor((windowMs - usedMs + ROUNDING_MS) / this.#perCallMs));
    return {
      isAllowed,
      remaining,
      resetSeconds: wholeSeconds(usedMs),
      waitSeconds: remaining > 0 ? 0 : Math.max(1, wholeSeconds(usedMs + this.#perCallMs - windowMs)),
    };
  }

  /** Takes one call and says so in the answer's headers (draft-ietf-httpapi-ratelimit-headers-10). 429 when there is none left. */
  limit(caller: string, nowMs: number, response: Response): Problem | undefined {
    const { name, quota, windowSeconds } = this.#limit;
    const { isAllowed, remaining, resetSeconds, waitSeconds } = this.take(caller, nowMs);
    response.setHeader('RateLimit-Policy', `"${name}";q=${quota};w=${windowSeconds}`);
    response.setHeader('RateLimit', `"${name}";r=${remaining};t=${remaining > 0 ? resetSeconds : waitSeconds}`);
    if (isAllowed) return undefined;
    return httpProblem('rate-limited', `There may be ${quota} calls in ${windowSeconds} s.`, {
      headers: { 'Retry-After': String(waitSeconds) },
    });
  }
}

/** Times are sums of fractions. */
const ROUNDING_MS = 0.001;

function wholeSeconds(ms: number): number {
  return Math.ceil((ms - ROUNDING_MS) / 1_000);
}
