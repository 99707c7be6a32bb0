import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';

/**
 * Signs short texts that clients send back: attempt tokens, cursors. The first secret signs and every secret verifies, so a secret can be
 * rotated without invalidating what was issued with the old one.
 */
export class Signer {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error('Signing needs at least one secret.');
    this.#secrets = secrets;
  }

  /** Returns the text with its signature, URL-safe. The signature is valid for this purpose only. */
  sign(purpose: string, text: string): string {
    return `${Buffer.from(text).toString('base64url')}.${mac(this.#secrets[0] ?? '', purpose, text).toString('base64url')}`;
  }

  /** Returns the text if it was signed for this purpose, otherwise null. */
  verify(purpose: string, signed: string): string | null {
    const dot = signed.indexOf('.');
    if (dot < 0 || signed.length > MAX_SIGNED) return null;
    const text = Buffer.from(signed.slice(0, dot), 'base64url').toString();
    const signature = Buffer.from(signed.slice(dot + 1), 'base64url');
    // base64url decoding is lenient. Accept only the canonical form, so that an altered text never verifies.
    const form = `${Buffer.from(text).toString('base64url')}.${signature.toString('base64url')}`;
    if (form !== signed) return null;
    const genuine = this.#secrets.some((secret) => {
      const expected = mac(secret, purpose, text);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
    return genuine ? text : null;
  }
}

const MAX_SIGNED = 4_096;

function mac(secret: string, purpose: string, text: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose}\n${text}`).digest();
}

/**
 * Reads a secret file, one secret per line. With `create`, a missing file is created first (mode 600). Throws if it contains no secret or one
 * that is too short; the message names the file, never its content.
 */
export async function readSecrets(file: string, { create }: { readonly create: boolean }): Promise<readonly string[]> {
  if (create) await createSecrets(file);
  const secrets = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  const used = secrets.filter((line) => line !== '');
  if (used.length === 0) throw new Error(`The secret file ${file} contains no secret.`);
  if (used.some((secret) => secret.length < MIN_SECRET)) {
    throw new Error(`The secret file ${file} contains a secret shorter than ${MIN_SECRET} characters.`);
  }
  return used;
}

const MIN_SECRET = 16;

/** Writes a draft and links it into place: a crash leaves no empty secret file, and of two processes starting at once one wins. */
async function createSecrets(file: string): Promise<void> {
  const draft = `${file}.${process.pid}.draft`;
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}
