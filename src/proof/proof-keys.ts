import type { KeyObject } from 'node:crypto';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';

/** Maximum number of keys in a file. */
const MAX_KEYS = 16;
const PEM = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/g;

/**
 * Reads a file of private Ed25519 keys, PEM blocks as `openssl genpkey -algorithm ed25519` writes them. The first signs; the public keys of all
 * are published. With `create`, a missing file is created first (mode 600). The messages of errors name the file, never its content.
 */
export async function readProofKeys(
  file: string,
  { create }: { readonly create: boolean },
): Promise<readonly KeyObject[]> {
  if (create) await createKey(file);
  const blocks = (await readFile(file, 'utf8')).match(PEM) ?? [];
  if (blocks.length === 0) throw new Error(`The key file ${file} contains no private key in PEM form.`);
  if (blocks.length > MAX_KEYS) throw new Error(`The key file ${file} contains more than ${MAX_KEYS} keys.`);
  return blocks.map((pem) => keyIn(pem, file));
}

function keyIn(pem: string, file: string): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The message of the library may quote the key.
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error(`The key file ${file} contains a key that is not Ed25519.`);
  return key;
}

/** Writes a draft and links it into place: a crash leaves no empty key file, and of two processes starting at once one wins. */
async function createKey(file: string): Promise<void> {
  const draft = `${file}.${process.pid}.draft`;
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(draft, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}
