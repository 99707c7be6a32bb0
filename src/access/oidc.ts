import { hash } from 'node:crypto';
import type { errors, JWTPayload, JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { OidcConfig } from './access-config.ts';
import type { Role, Scope } from './scopes.ts';
import { isRole, scopesOf } from './scopes.ts';

/** Result of {@link OidcVerifier.verify}. `fault` goes into the record of refusals. */
export type TokenCheck =
  | { readonly name: string; readonly scopes: ReadonlySet<Scope>; readonly fault: null }
  | { readonly name: null; readonly scopes: null; readonly fault: string; readonly unavailable?: true };

export interface OidcTiming {
  /** Timeout of a call to the provider. */
  readonly timeoutMs: number;
  /** Minimum time between two fetches of the keys because of an unknown key id, and after a failed discovery. */
  readonly cooldownMs: number;
  /** Maximum age of the provider's configuration and keys. */
  readonly maxAgeMs: number;
  /** How long a valid token is cached. */
  readonly trustMs: number;
}

const TIMING: OidcTiming = { timeoutMs: 3_000, cooldownMs: 30_000, maxAgeMs: 600_000, trustMs: 60_000 };

/** Asymmetric signatures only. With `HS256` or `none`, anyone who knows the public key could sign tokens. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_SKEW_SECONDS = 30;
const MAX_TOKEN_LENGTH = 8_192;
const MAX_KEPT = 1_000;
const MAX_NAME_LENGTH = 195;
const MAX_ROLES = 1_000;
const MAX_DISCOVERY_BYTES = 256 * 1024;
const NOT_IN_NAME = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export function looksLikeJwt(token: string): boolean {
  return token.startsWith('eyJ') && token.length <= MAX_TOKEN_LENGTH && token.split('.').length === 3;
}

/**
 * Verifies access tokens of one OpenID Connect issuer. The location of its keys is discovered at the first token, and again after
 * `maxAgeMs`, because a provider may move them.
 */
export class OidcVerifier {
  readonly #config: OidcConfig;
  readonly #timing: OidcTiming;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #good: LRUCache<string, TokenCheck>;
  /** Loaded only where there is an issuer. */
  readonly #jose = import('jose');
  #found: { readonly url: string; readonly keys: JWTVerifyGetKey; readonly at: number } | null = null;
  #discovering: Promise<JWTVerifyGetKey> | null = null;
  #failedAt = -Infinity;
  /** Code of the current problem with the provider; null when there is none. */
  lastError: string | null = null;

  constructor(
    config: OidcConfig,
    parts: { readonly logger: Logger; readonly nowMs: () => number; readonly timing?: Partial<OidcTiming> },
  ) {
    this.#config = config;
    this.#logger = parts.logger;
    this.#nowMs = parts.nowMs;
    this.#timing = { ...TIMING, ...parts.timing };
    this.#good = new LRUCache({ max: MAX_KEPT });
  }

  /** Verifies a token and reads its principal and roles. Never rejects. */
  async verify(token: string): Promise<TokenCheck> {
    const digest = hash('sha256', token, 'hex');
    const known = this.#good.get(digest);
    if (known) return known;
    try {
      const { issuer, audience } = this.#config;
      const { jwtVerify } = await this.#jose;
      const { payload } = await jwtVerify(token, await this.#keySource(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(this.#nowMs()),
      });
      this.lastError = null;
      const check = this.#identify(payload);
      if (check.fault === null) this.#keep(digest, check, payload.exp ?? 0);
      return check;
    } catch (error) {
      return this.#faultOf(error, await this.#jose);
    }
  }

  #identify(payload: JWTPayload): TokenCheck {
    const { principalClaim, rolesClaim, roleMap } = this.#config;
    const subject = payload[principalClaim];
    if (
      typeof subject !== 'string' ||
      subject === '' ||
      subject.length > MAX_NAME_LENGTH ||
      NOT_IN_NAME.test(subject)
    ) {
      return refused('token-without-principal');
    }
    let claim: unknown = payload;
    for (const member of rolesClaim) {
      claim = typeof claim === 'object' && claim !== null ? (claim as Record<string, unknown>)[member] : undefined;
    }
    const given: unknown[] = typeof claim === 'string' ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [];
    const roles = given.slice(0, MAX_ROLES).flatMap((name): Role[] => {
      const role = typeof name === 'string' ? (roleMap.get(name) ?? name) : null;
      return isRole(role) ? [role] : [];
    });
    // Key names have no colon, so no subject can pass for the holder of a key.
    return { name: `oidc:${subject}`, scopes: scopesOf([...new Set(roles)]), fault: null };
  }

  #keep(digest: string, check: TokenCheck, expiresAtSeconds: number): void {
    const leftMs = expiresAtSeconds * 1_000 - this.#nowMs();
    const ttl = Math.min(this.#timing.trustMs, leftMs);
    if (ttl > 0) this.#good.set(digest, check, { ttl });
  }

  async #keySource(): Promise<JWTVerifyGetKey> {
    if (this.#found && performance.now() - this.#found.at < this.#timing.maxAgeMs) return this.#found.keys;
    if (performance.now() - this.#failedAt < this.#timing.cooldownMs) throw new ProviderUnavailable();
    this.#discovering ??= this.#discover().finally(() => (this.#discovering = null));
    return this.#discovering;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.#config;
    const { timeoutMs, cooldownMs, maxAgeMs } = this.#timing;
    const { createRemoteJWKSet } = await this.#jose;
    try {
      const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
        headers: { Accept: 'application/json' },
      });
      if (!response.ok) throw new Error(`The provider answered ${response.status}.`);
      const text = await response.text();
      if (text.length > MAX_DISCOVERY_BYTES) throw new Error('The configuration of the provider is too long.');
      const { issuer: named, jwks_uri } = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown };
      if (named !== issuer) throw new Error('The provider calls itself otherwise than AUTOMATION_OIDC_ISSUER.');
      const url = typeof jwks_uri === 'string' && URL.canParse(jwks_uri) ? new URL(jwks_uri) : null;
      // Plain http only when the issuer itself uses it, which the configuration allows on this machine only.
      if (!url || (url.protocol !== 'https:' && new URL(issuer).protocol !== 'http:')) {
        throw new Error('The provider names no https URL of its keys.');
      }
      // At the same URL, the cached keys expire on their own.
      const keys =
        this.#found?.url === url.href
          ? this.#found.keys
          : createRemoteJWKSet(url, {
              timeoutDuration: timeoutMs,
              cooldownDuration: cooldownMs,
              cacheMaxAge: maxAgeMs,
            });
      this.#found = { url: url.href, keys, at: performance.now() };
      return keys;
    } catch (error) {
      this.#failedAt = performance.now();
      throw new ProviderUnavailable({ cause: error });
    }
  }

  #faultOf(error: unknown, jose: { readonly errors: typeof errors }): TokenCheck {
    if (error instanceof jose.errors.JWTExpired) return refused('expired-token');
    if (error instanceof jose.errors.JWKSNoMatchingKey) return refused('unknown-signing-key');
    const isOurs =
      error instanceof ProviderUnavailable ||
      error instanceof jose.errors.JWKSTimeout ||
      error instanceof jose.errors.JWKSInvalid ||
      // The generic code means a bad answer of the provider, or none.
      (error instanceof jose.errors.JOSEError && error.code === 'ERR_JOSE_GENERIC') ||
      !(error instanceof jose.errors.JOSEError);
    if (!isOurs) return refused('bad-token');
    if (this.lastError === null) this.#logger.warn({ err: error }, 'unexpected answer from the identity provider');
    this.lastError = 'identity-provider-unavailable';
    return { name: null, scopes: null, fault: 'identity-provider-unavailable', unavailable: true };
  }
}

class ProviderUnavailable extends Error {
  readonly code = 'identity-provider-unavailable';
  constructor(options?: ErrorOptions) {
    super('The identity provider does not answer as it should.', options);
    this.name = 'ProviderUnavailable';
  }
}

function refused(fault: string): TokenCheck {
  return { name: null, scopes: null, fault };
}
