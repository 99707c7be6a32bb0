import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { issueLocalToken } from '../access/local-admin.ts';
import type { Role } from '../access/scopes.ts';
import type { AutomationProblem } from '../client/automation-client.ts';
import { createAutomationClient, NoAnswer } from '../client/automation-client.ts';
import type { components } from '../client/schema.ts';
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

/** Reads the service's URL and the credentials from the environment. */
export async function connectKeysApi(env: Readonly<Record<string, string | undefined>>): Promise<KeysApi> {
  const base = (set(env.AUTOMATION_API_URL) ?? 'http://127.0.0.1:8000').replace(/\/+$/, '');
  if (!URL.canParse(base)) throw new Error('AUTOMATION_API_URL must be a URL.');
  const credential = await credentialOf(env, new URL(base));
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
async function credentialOf(
  env: Readonly<Record<string, string | undefined>>,
  { protocol, hostname }: URL,
): Promise<() => string | null> {
  const keyFile = set(env.AUTOMATION_API_KEY_FILE);
  if (keyFile !== null) {
    const key = (await readFile(keyFile, 'utf8')).trim();
    return () => (key === '' ? null : key);
  }
  const secretFile = set(env.AUTOMATION_SECRET_FILE) ?? join(resolve(set(env.DATA_DIR) ?? '.data'), 'secret');
  if (!existsSync(secretFile) || (protocol !== 'https:' && !LOOPBACK.has(hostname))) return () => null;
  const signer = new Signer(await readSecrets(secretFile, { create: false }));
  return () => issueLocalToken(signer, Date.now());
}

/** An empty variable counts as unset. */
function set(value: string | undefined): string | null {
  const text = value?.trim() ?? '';
  return text === '' ? null : text;
}
