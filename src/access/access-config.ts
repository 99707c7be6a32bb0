import { matching, SWITCH, wholeNumber } from '../configuration/kinds.ts';
import type { Kind, Variables } from '../configuration/variables.ts';
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

export function readAccessConfig(variables: Variables): AccessConfig {
  const openRequests = variables.value('AUTOMATION_OPEN_REQUESTS', QUOTA);
  return {
    keysFile: readFile(variables),
    oidc: readOidc(variables),
    fourEyes: variables.value('AUTOMATION_FOUR_EYES', SWITCH) ?? false,
    ownOnly: variables.value('AUTOMATION_OWN_ONLY', SWITCH) ?? false,
    callsPerMinute: variables.value('AUTOMATION_RATE_LIMIT', RATE),
    unauthenticatedPerMinute: variables.value('AUTOMATION_RATE_LIMIT_UNAUTHENTICATED', RATE),
    openRequests: openRequests === 0 ? null : openRequests,
    trustedProxies: variables.value('AUTOMATION_TRUSTED_PROXIES', wholeNumber(0, 9)) ?? 0,
    corsOrigins: variables.value('AUTOMATION_CORS_ORIGINS', ORIGINS) ?? [],
  };
}

function readFile(variables: Variables): AccessConfig['keysFile'] {
  const path = variables.text('AUTOMATION_API_KEYS_FILE');
  if (path === null) return null;
  try {
    const text = readKeysText(path);
    return { path, text, keys: parseKeysFile(text) };
  } catch (error) {
    variables.report(`AUTOMATION_API_KEYS_FILE names a file that ${(error as Error).message}.`);
    return null;
  }
}

function readOidc(variables: Variables): OidcConfig | null {
  const issuer = variables.value('AUTOMATION_OIDC_ISSUER', ISSUER);
  const audience = variables.value('AUTOMATION_OIDC_AUDIENCE', AUDIENCE);
  const rolesClaim = variables.value('AUTOMATION_OIDC_ROLES_CLAIM', CLAIM_PATH) ?? ['roles'];
  const principalClaim = variables.value('AUTOMATION_OIDC_PRINCIPAL_CLAIM', CLAIM) ?? 'sub';
  const roleMap = variables.value('AUTOMATION_OIDC_ROLE_MAP', ROLE_MAP) ?? new Map<string, Role>();
  if (issuer !== null && audience !== null) return { issuer, audience, rolesClaim, principalClaim, roleMap };
  // Invalid ones are reported already.
  const isUnset = (name: string) => variables.text(name) === null;
  if (audience !== null && isUnset('AUTOMATION_OIDC_ISSUER')) {
    variables.report('AUTOMATION_OIDC_AUDIENCE is set without AUTOMATION_OIDC_ISSUER.');
  }
  if (issuer !== null && isUnset('AUTOMATION_OIDC_AUDIENCE')) {
    variables.report(
      'AUTOMATION_OIDC_AUDIENCE is needed with AUTOMATION_OIDC_ISSUER: tokens for others must not open this.',
    );
  }
  return null;
}

const ISSUER: Kind<string> = { wanted: 'an https URL without query and fragment', parse: issuerOf };
const AUDIENCE = matching(/./, 'a name without control characters');
const CLAIM = matching(/^[\w:/.-]{1,200}$/, 'the name of a claim');
const CLAIM_PATH: Kind<readonly string[]> = {
  wanted: 'names joined by dots',
  parse: (text) => {
    // Some claims are named by URLs, whose dots do not separate members.
    if (text.includes('://')) return text.length <= 200 ? [text] : undefined;
    return /^[\w:-]{1,100}(?:\.[\w:-]{1,100}){0,4}$/.test(text) ? text.split('.') : undefined;
  },
};
const ROLE_MAP: Kind<ReadonlyMap<string, Role>> = {
  wanted: `pairs such as engineers=operator,ops=admin, with the roles ${ROLES.join(', ')}`,
  parse: roleMapOf,
};
const ORIGINS: Kind<readonly string[]> = {
  wanted: 'origins such as https://board.example, comma-separated',
  parse: (text) => {
    const all = text.split(',').map((origin) => origin.trim());
    const areOrigins = all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin);
    return all.length <= 50 && areOrigins ? all : undefined;
  },
};
/** 0 for `off`. */
const QUOTA: Kind<number> = {
  wanted: 'a whole number from 1 to 1000000, or off',
  parse: (text) => (text === 'off' ? 0 : wholeNumber(1, 1_000_000).parse(text)),
};
const RATE: Kind<number> = { ...QUOTA, wanted: `calls a minute, ${QUOTA.wanted}` };

function issuerOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  // Unencrypted only on this machine.
  const isSafe =
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
  return isSafe && search === '' && hash === '' && username === '' && password === '' ? text : undefined;
}

function roleMapOf(text: string): Map<string, Role> | undefined {
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
