import { existsSync } from 'node:fs';
import { digestOf, newKey } from '../access/keys/key-format.ts';
import type { FileKey } from '../access/keys/keys-file.ts';
import { parseKeysFile, readKeysText } from '../access/keys/keys-file.ts';
import { replaceFile } from '../infrastructure/replace-file.ts';

/**
 * Adds a new key, hashed, to a file for `AUTOMATION_API_KEYS_FILE`, creating the file if it is missing. Returns the secret. The file is
 * replaced atomically: a service that reads it meanwhile gets the old version or the new one. Throws if the existing file is invalid, and
 * then leaves it unchanged.
 */
export async function addToKeysFile(file: string, key: Omit<FileKey, 'sha256'>): Promise<string> {
  const secret = newKey();
  const before = existsSync(file) ? read(file) : [];
  const { expires_at, ...rest } = key;
  const added = { ...rest, sha256: digestOf(secret), ...(expires_at === null ? {} : { expires_at }) };
  const keys = [
    ...before.map(({ expires_at: until, ...it }) => ({ ...it, ...(until ? { expires_at: until } : {}) })),
    added,
  ];
  const text = `${JSON.stringify({ keys }, null, 2)}\n`;
  // Refuse here what the service would refuse, such as one name with two roles.
  parseKeysFile(text);
  await replaceFile(file, text);
  return secret;
}

function read(file: string): readonly FileKey[] {
  try {
    return parseKeysFile(readKeysText(file));
  } catch (error) {
    throw new Error(`${file} ${(error as Error).message}.`, { cause: error });
  }
}
