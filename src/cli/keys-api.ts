import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { issueLocalToken } from '../access/local-admin.ts';
import { readSecrets, Signer } from '../infrastructure/security/signing.ts';

export interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly status: string;
  readonly hint: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

interface IssuedKey extends ListedKey {
  readonly key: string;
  readonly previous_valid_until: string | null;
}

/** The routes of keys of a running service, with the credentials of whoever runs the command. Every call throws what went wrong, in a sentence. */
export interface KeysApi {
  create(key: {
    readonly name: string;
    readonly role: string;
    readonly expires_at: string | null;
  }): Promise<IssuedKey & { readonly wasOpen: boolean }>;
  list(): Promise<readonly ListedKey[]>;
  rotate(
    id: string,
    terms: { readonly overlap_seconds: number | undefined; readonly expires_at: string | undefined },
  ): Promise<IssuedKey>;
  revoke(id: string, reason: string | undefined): Promise<void>;
}

const DEADLINE_MS = 10_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Finds service and credentials in the environment. */
export async function connectKeysApi(env: Readonly<Record<string, string | undefined>>): Promise<KeysApi> {
  const base = (set(env.AUTOMATION_API_URL) ?? 'http://127.0.0.1:8000').replace(/\/+$/, '');
  if (!URL.canParse(base)) throw new Error('AUTOMATION_API_URL must be a URL.');
  const credential = await credentialOf(env, new URL(base));
  const call = async <T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> => {
    const bearer = credential();
    const headers = {
      Accept: 'application/json',
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    };
    const init = { method, headers, redirect: 'error', signal: AbortSignal.timeout(DEADLINE_MS) } as const;
    const response = await fetch(`${base}/api/v1/automation${path}`, {
      ...init,
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => {
      throw new Error(
        `No service answers at ${base}. Start it first (npm start), or add a key to a file with --file FILE and name that file in AUTOMATION_API_KEYS_FILE.`,
      );
    });
    const answer = (await response.json().catch(() => null)) as { detail?: unknown; errors?: unknown } | null;
    if (response.ok && answer) return answer as T;
    const detail = typeof answer?.detail === 'string' ? answer.detail : 'without saying why';
    const faults = Array.isArray(answer?.errors) ? ` ${JSON.stringify(answer.errors)}` : '';
    throw new Error(`The service refused (${response.status}): ${detail}${faults}`);
  };
  return {
    create: async (key) => {
      const health = await call<{ checks?: { access?: { mode?: string } } }>('GET', '/health').catch(() => null);
      const issued = await call<IssuedKey>('POST', '/keys', key);
      return { ...issued, wasOpen: health?.checks?.access?.mode === 'open' };
    },
    list: async () => (await call<{ items: ListedKey[] }>('GET', '/keys')).items,
    rotate: (id, terms) => call<IssuedKey>('POST', `/keys/${id}/rotate`, terms),
    revoke: async (id, reason) => {
      await call('POST', `/keys/${id}/revoke`, reason === undefined ? {} : { reason });
    },
  };
}

/**
 * The admin key of `AUTOMATION_API_KEY_FILE`; else, on the server itself, proof of holding its secret; else nothing, which an open service
 * takes. The proof is made anew for each call, and goes nowhere but to this machine or through TLS.
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
