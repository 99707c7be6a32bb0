import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issueLocalToken } from '../access/local-admin.ts';
import { readKeysText } from '../access/keys/keys-file.ts';
import type { Role } from '../access/scopes.ts';
import type { AutomationProblem } from '../client/automation-client.ts';
import { createAutomationClient, NoAnswer } from '../client/automation-client.ts';
import type { components } from '../client/schema.ts';
import { API_URL, DEFAULT_API_URL, PATH } from '../configuration/kinds.ts';
import type { Environment } from '../configuration/names.ts';
import { ConfigError, Variables } from '../configuration/variables.ts';
import { readSecrets, Signer } from '../infrastructure/security/signing.ts';

export type ListedKey = components['schemas']['KeyResource'];
type IssuedKey = components['schemas']['IssuedKeyResource'] & { readonly key: string };

/** The key endpoints of a running service, called with the user's credentials. Every method throws an error with a readable message. */
export interface KeysApi {
  create(key: {
    readonly name: string;
    readonly role: Role;
    readonly expires_at: string | null;
  }): Promise<IssuedKey & { readonly wasOpen: boolean }>;
  list(): Promise<readonly ListedKey[]>;
  rotate(
    id: string,
    terms: { readonly overlap_seconds: number | undefined; readonly expires_at: string | undefined },
  ): Promise<IssuedKey>;
  revoke(id: string, reason: string | undefined): Promise<void>;
}

const KEYS = '/api/v1/automation/keys';
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Reads the service's URL and the credentials from the environment. Throws {@link ConfigError} for a value that cannot be used. */
export async function connectKeysApi(environment: Environment): Promise<KeysApi> {
  const variables = new Variables(environment);
  const base = variables.value('AUTOMATION_API_URL', API_URL) ?? DEFAULT_API_URL;
  const credential = await credentialOf(variables, new URL(base));
  const client = createAutomationClient({ url: base, bearer: credential });
  const answered = async <T>(calling: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> => {
    const { data, error, response } = await calling.catch((reason: unknown) => {
      if (!(reason instanceof NoAnswer)) throw reason;
      throw new Error(
        `No service answers at ${base}. Start it first (npm start), or use --file FILE and set AUTOMATION_API_KEYS_FILE to that file.`,
      );
    });
    if (data !== undefined) return data;
    const { detail, errors } = (error ?? {}) as Partial<AutomationProblem>;
    const faults = Array.isArray(errors) ? ` ${JSON.stringify(errors)}` : '';
    throw new Error(`The service refused the call (${response.status}): ${detail ?? 'no reason given'}${faults}`);
  };
  return {
    create: async (key) => {
      const health = await answered(client.GET('/api/v1/automation/health')).catch(() => null);
      const issued = withSecret(await answered(client.POST(KEYS, { body: key })));
      return { ...issued, wasOpen: health?.checks.access.mode === 'open' };
    },
    list: async () => (await answered(client.GET(KEYS))).items,
    rotate: async (id, { overlap_seconds, expires_at }) => {
      const body = {
        ...(overlap_seconds === undefined ? {} : { overlap_seconds }),
        ...(expires_at === undefined ? {} : { expires_at }),
      };
      return withSecret(await answered(client.POST(`${KEYS}/{id}/rotate`, { params: { path: { id } }, body })));
    },
    revoke: async (id, reason) => {
      const body = reason === undefined ? {} : { reason };
      await answered(client.POST(`${KEYS}/{id}/revoke`, { params: { path: { id } }, body }));
    },
  };
}

/** The secret is missing only from a response replayed for the same `Idempotency-Key`. */
function withSecret(issued: components['schemas']['IssuedKeyResource']): IssuedKey {
  const { key } = issued;
  if (key === null) throw new Error('The service has already shown this key. Rotate it to get a new secret.');
  return { ...issued, key };
}

/**
 * Uses the admin key in `AUTOMATION_API_KEY_FILE`; otherwise, on the server itself, a token signed with its secret; otherwise no credential,
 * which an open service accepts. A new token is signed for every call, and sent only to this machine or over TLS.
 */
async function credentialOf(variables: Variables, { protocol, hostname }: URL): Promise<() => string | null> {
  const keyFile = variables.value('AUTOMATION_API_KEY_FILE', PATH);
  const givenSecret = variables.value('AUTOMATION_SECRET_FILE', PATH);
  const dataDir = variables.value('DATA_DIR', PATH) ?? resolve('.data');
  variables.check();
  if (keyFile !== null) {
    const key = keyIn(keyFile);
    return () => (key === '' ? null : key);
  }
  const secretFile = givenSecret ?? join(dataDir, 'secret');
  const isThere = givenSecret !== null || existsSync(secretFile);
  if (!isThere || (protocol !== 'https:' && !LOOPBACK.has(hostname))) return () => null;
  const secrets = await readSecrets(secretFile, { create: false }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const [name, what] =
      givenSecret === null ? ['DATA_DIR', 'a folder with'] : ['AUTOMATION_SECRET_FILE', 'a file with'];
    throw new ConfigError([`${name} must be ${what} the secret of the service${code ? ` (${code})` : ''}.`]);
  });
  const signer = new Signer(secrets);
  return () => issueLocalToken(signer, Date.now());
}

function keyIn(file: string): string {
  try {
    return readKeysText(file).trim();
  } catch (error) {
    throw new ConfigError([`AUTOMATION_API_KEY_FILE must be a file with a key; it ${(error as Error).message}.`]);
  }
}
