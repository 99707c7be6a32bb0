import { LRUCache } from 'lru-cache';
import type { Response } from 'express';
import { httpProblem } from './problems/problem-details.ts';
import type { Problem } from './problems/problem-details.ts';

export interface RateLimit {
  /** Its name in the headers. */
  readonly name: string;
  /** Calls allowed at once, and in each window. */
  readonly quota: number;
  readonly windowSeconds: number;
}

/** The state of a caller's limit after a call. */
export interface Taken {
  readonly isAllowed: boolean;
  /** Calls allowed right now. */
  readonly remaining: number;
  /** Until the whole quota is available again, rounded up. */
  readonly resetSeconds: number;
  /** Until one more call is allowed, rounded up; 0 while one is. */
  readonly waitSeconds: number;
}

/** Least recently seen callers are evicted beyond this, so memory is bounded. */
const MAX_CALLERS = 10_000;

/**
 * A limit for each caller: a bucket that holds `quota` calls and refills evenly. It keeps one number per caller, the time at which the
 * bucket will be full (the generic cell rate algorithm).
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

  /** Takes one call out of the caller's bucket. A refused call takes nothing. */
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

  /** Takes one call and sets the headers of the answer (draft-ietf-httpapi-ratelimit-headers-10). Returns 429 when none is left. */
  limit(caller: string, nowMs: number, response: Response): Problem | undefined {
    const { name, quota, windowSeconds } = this.#limit;
    const { isAllowed, remaining, resetSeconds, waitSeconds } = this.take(caller, nowMs);
    response.setHeader('RateLimit-Policy', `"${name}";q=${quota};w=${windowSeconds}`);
    response.setHeader('RateLimit', `"${name}";r=${remaining};t=${remaining > 0 ? resetSeconds : waitSeconds}`);
    if (isAllowed) return undefined;
    return httpProblem('rate-limited', `The limit is ${quota} calls per ${windowSeconds} s.`, {
      headers: { 'Retry-After': String(waitSeconds) },
    });
  }
}

/** Times are sums of fractions, so they are compared with this tolerance. */
const ROUNDING_MS = 0.001;

function wholeSeconds(ms: number): number {
  return Math.ceil((ms - ROUNDING_MS) / 1_000);
}
