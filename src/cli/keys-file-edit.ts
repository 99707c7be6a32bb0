import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { digestOf, newKey } from '../access/keys/key-format.ts';
import type { FileKey } from '../access/keys/keys-file.ts';
import { parseKeysFile, readKeysText } from '../access/keys/keys-file.ts';

/**
 * Adds a new key, hashed, to a file of `AUTOMATION_API_KEYS_FILE`, which is made when it is not there. Returns the secret. The file is
 * replaced whole: a service that reads it again meanwhile finds the old one or the new one. Throws when it is not such a file, and
 * leaves it as it was.
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
  // What the service would refuse, such as two roles for a name, is refused here.
  parseKeysFile(text);
  const draft = `${file}.${process.pid}.draft`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
  return secret;
}

function read(file: string): readonly FileKey[] {
  try {
    return parseKeysFile(readKeysText(file));
  } catch (error) {
    throw new Error(`${file} ${(error as Error).message}.`, { cause: error });
  }
}
