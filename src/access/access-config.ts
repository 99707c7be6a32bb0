import type { Role } from './scopes.ts';
import { isRole, ROLES } from './scopes.ts';
import type { FileKey } from './keys/keys-file.ts';
import { parseKeysFile, readKeysText } from './keys/keys-file.ts';

/** Access control and limits, from the environment. */
export interface AccessConfig {
  /** The keys file with its content when it was read, as text and parsed. Null without a file. */
  readonly keysFile: { readonly path: string; readonly text: string; readonly keys: readonly FileKey[] } | null;
  /** Null when tokens of an identity provider are not accepted. */
  readonly oidc: OidcConfig | null;
  /** Whether the submitter of a request is barred from approving its deployment. */
  readonly fourEyes: boolean;
  /** Whether principals that may only submit and read see only their own requests. */
  readonly ownOnly: boolean;
  /** Calls per minute of one principal; 0 for no limit. Null for the default, which applies only once there are keys. */
  readonly callsPerMinute: number | null;
  /** Calls per minute without valid credentials from one address; null and 0 as above. */
  readonly unauthenticatedPerMinute: number | null;
  /** Maximum number of open requests of one principal; null for no limit. */
  readonly openRequests: number | null;
  /** Number of trusted proxies in front of the service that set `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** Origins whose pages may call the API from a browser. */
  readonly corsOrigins: readonly string[];
}

export interface OidcConfig {
  /** Must equal the `iss` claim of tokens exactly. */
  readonly issuer: string;
  readonly audience: string;
  /** Path of the claim with the roles, such as `['realm_access', 'roles']`. */
  readonly rolesClaim: readonly string[];
  readonly principalClaim: string;
  /** Our roles by the provider's names, where they differ. */
  readonly roleMap: ReadonlyMap<string, Role>;
}

/** How {@link readAccessConfig} reads the environment. */
export interface VariableReader {
  readonly read: (name: string) => string | null;
  /** Parses a variable. When `parse` returns undefined, reports "NAME must be `wanted`." and returns `fallback`. */
  readonly check: <T>(name: string, fallback: T, parse: (text: string) => T | undefined, wanted: string) => T;
  readonly problem: (name: string, what: string) => void;
}

export function readAccessConfig(variables: VariableReader): AccessConfig {
  const { check } = variables;
  return {
    keysFile: readFile(variables),
    oidc: readOidc(variables),
    fourEyes: check('AUTOMATION_FOUR_EYES', false, flag, 'true or false'),
    ownOnly: check('AUTOMATION_OWN_ONLY', false, flag, 'true or false'),
    callsPerMinute: check('AUTOMATION_RATE_LIMIT', null, rate, RATE_WANTED),
    unauthenticatedPerMinute: check('AUTOMATION_RATE_LIMIT_UNAUTHENTICATED', null, rate, RATE_WANTED),
    openRequests: check('AUTOMATION_OPEN_REQUESTS', null, quota, 'a whole number from 1 to 1000000, or off'),
    trustedProxies: check('AUTOMATION_TRUSTED_PROXIES', 0, proxies, 'a whole number from 0 to 9'),
    corsOrigins: check(
      'AUTOMATION_CORS_ORIGINS',
      [],
      origins,
      'origins such as https://board.example, comma-separated',
    ),
  };
}

const RATE_WANTED = 'calls a minute, a whole number from 1 to 1000000, or off';

function readFile({ read, problem }: VariableReader): AccessConfig['keysFile'] {
  const path = read('AUTOMATION_API_KEYS_FILE');
  if (path === null) return null;
  try {
    const text = readKeysText(path);
    return { path, text, keys: parseKeysFile(text) };
  } catch (error) {
    problem('AUTOMATION_API_KEYS_FILE', `names a file that ${(error as Error).message}.`);
    return null;
  }
}

function readOidc({ read, check, problem }: VariableReader): OidcConfig | null {
  const issuer = check('AUTOMATION_OIDC_ISSUER', null, issuerOf, 'an https URL without query and fragment');
  const audience = check('AUTOMATION_OIDC_AUDIENCE', null, (text) => text, 'a name without control characters');
  const rolesClaim = check('AUTOMATION_OIDC_ROLES_CLAIM', ['roles'], path, 'names joined by dots');
  const principalClaim = check('AUTOMATION_OIDC_PRINCIPAL_CLAIM', 'sub', name, 'the name of a claim');
  const roleMap = check('AUTOMATION_OIDC_ROLE_MAP', new Map<string, Role>(), mapping, MAP_WANTED);
  if (issuer === null) {
    if (audience !== null && read('AUTOMATION_OIDC_ISSUER') === null) {
      problem('AUTOMATION_OIDC_AUDIENCE', 'is set without AUTOMATION_OIDC_ISSUER.');
    }
    return null;
  }
  if (audience === null) {
    if (read('AUTOMATION_OIDC_AUDIENCE') !== null) return null;
    problem('AUTOMATION_OIDC_AUDIENCE', 'is needed with AUTOMATION_OIDC_ISSUER: tokens for others must not open this.');
    return null;
  }
  return { issuer, audience, rolesClaim, principalClaim, roleMap };
}

const MAP_WANTED = `pairs such as engineers=operator,ops=admin, with the roles ${ROLES.join(', ')}`;

function issuerOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  // Unencrypted only on this machine.
  const isSafe =
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
  return isSafe && search === '' && hash === '' && username === '' && password === '' ? text : undefined;
}

function path(text: string): string[] | undefined {
  // Some claims are named by URLs, whose dots do not separate members.
  if (text.includes('://')) return text.length <= 200 ? [text] : undefined;
  return /^[\w:-]{1,100}(?:\.[\w:-]{1,100}){0,4}$/.test(text) ? text.split('.') : undefined;
}

function name(text: string): string | undefined {
  return /^[\w:/.-]{1,200}$/.test(text) ? text : undefined;
}

function mapping(text: string): Map<string, Role> | undefined {
  const pairs = text.split(',').map((pair) => {
    const equals = pair.lastIndexOf('=');
    return [pair.slice(0, Math.max(0, equals)).trim(), pair.slice(equals + 1).trim()] as const;
  });
  const map = new Map<string, Role>();
  for (const [given, role] of pairs) {
    if (given === '' || !isRole(role)) return undefined;
    map.set(given, role);
  }
  return map;
}

function origins(text: string): string[] | undefined {
  const all = text.split(',').map((origin) => origin.trim());
  return all.length <= 50 && all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
    ? all
    : undefined;
}

function rate(text: string): number | undefined {
  if (text === 'off') return 0;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  return value >= 1 && value <= 1_000_000 ? value : undefined;
}

function quota(text: string): number | null | undefined {
  return text === 'off' ? null : rate(text);
}

function proxies(text: string): number | undefined {
  return /^\d$/.test(text) ? Number(text) : undefined;
}

function flag(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
