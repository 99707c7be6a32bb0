import { readFileSync, statSync } from 'node:fs';
import type { Role } from '../scopes.ts';
import { isRole, ROLES } from '../scopes.ts';

/** A hashed key from the file of `AUTOMATION_API_KEYS_FILE`. See `docs/security.md`. */
export interface FileKey {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the whole key, in lower-case hex. */
  readonly sha256: string;
  /** RFC 3339; null for no expiry. */
  readonly expires_at: string | null;
}

/** The keys file cannot be read or is invalid. The message names the place and the problem, and never contains a value. */
export class KeysFileError extends Error {
  readonly code = 'keys-file-invalid';
  constructor(message: string) {
    super(message);
    this.name = 'KeysFileError';
  }
}

/** Pattern of key names. The colon is reserved for other principals: `oidc:…`, `local:…`. */
export const KEY_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$';
const NAME = new RegExp(KEY_NAME_PATTERN);
export const KEY_NAME_RULE =
  'must be 1 to 100 letters, digits and . _ @ -, the first a letter or digit, and not "anonymous" or "system"';

const MAX_FILE_BYTES = 1024 * 1024;
const TOO_LARGE = `is larger than ${MAX_FILE_BYTES} bytes`;
const MAX_FILE_KEYS = 1_000;
const SHA256_HEX = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

export function isKeyName(text: unknown): text is string {
  return typeof text === 'string' && NAME.test(text) && text !== 'anonymous' && text !== 'system';
}

/** Reads the file without parsing it. @throws KeysFileError when it cannot be read, is not a regular file, or exceeds 1 MiB */
export function readKeysText(path: string): string {
  try {
    const file = statSync(path);
    // Reading a pipe or device could block forever.
    if (!file.isFile()) throw new KeysFileError('is not a regular file');
    if (file.size > MAX_FILE_BYTES) throw new KeysFileError(TOO_LARGE);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KeysFileError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new KeysFileError(`cannot be read (${code})`);
  }
}

/** Parses the content of the file. @throws KeysFileError naming the first problem */
export function parseKeysFile(text: string): readonly FileKey[] {
  if (text.length > MAX_FILE_BYTES) throw new KeysFileError(TOO_LARGE);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new KeysFileError('is not JSON');
  }
  if (!isObject(content) || !Array.isArray(content.keys)) throw new KeysFileError('must be {"keys": [...]}');
  const [unknown] = Object.keys(content).filter((field) => field !== 'keys');
  if (unknown !== undefined) throw new KeysFileError('must have the field "keys" and no other');
  if (content.keys.length > MAX_FILE_KEYS) throw new KeysFileError(`holds more than ${MAX_FILE_KEYS} keys`);
  const keys = content.keys.map((entry, i) => fileKey(entry, `keys[${i}]`));
  const digests = new Set(keys.map(({ sha256 }) => sha256));
  if (digests.size < keys.length) throw new KeysFileError('holds the same sha256 twice');
  const roles = new Map<string, Role>();
  keys.forEach(({ name, role }, i) => {
    if ((roles.get(name) ?? role) !== role) {
      throw new KeysFileError(`has another role in keys[${i}] than before for the same name`);
    }
    roles.set(name, role);
  });
  return keys;
}

const FIELDS = new Set(['name', 'role', 'sha256', 'expires_at']);

function fileKey(entry: unknown, place: string): FileKey {
  if (!isObject(entry)) throw new KeysFileError(`${place} must be an object`);
  if (Object.keys(entry).some((field) => !FIELDS.has(field))) {
    throw new KeysFileError(`${place} must have no fields but ${[...FIELDS].join(', ')}`);
  }
  const { name, role, sha256, expires_at = null } = entry;
  if (!isKeyName(name)) throw new KeysFileError(`${place}.name ${KEY_NAME_RULE}`);
  if (!isRole(role)) throw new KeysFileError(`${place}.role must be one of ${ROLES.join(', ')}`);
  if (typeof sha256 !== 'string' || !SHA256_HEX.test(sha256)) {
    throw new KeysFileError(`${place}.sha256 must be 64 lower-case hex digits`);
  }
  return { name, role, sha256, expires_at: expires_at === null ? null : instant(expires_at, `${place}.expires_at`) };
}

function instant(value: unknown, place: string): string {
  const time = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw new KeysFileError(`${place} must be a time such as 2030-01-31T09:30:00Z`);
  return new Date(time).toISOString();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
