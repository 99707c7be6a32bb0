import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';

/**
 * Signs short texts that are handed out and come back: attempt tokens, cursors. The first secret signs, all verify, so that a secret
 * can be replaced without voiding what is out there.
 */
export class Signer {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error('At least one secret is needed to sign with.');
    this.#secrets = secrets;
  }

  /** The text with its signature, URL-safe. A text signed for one purpose does not verify for another. */
  sign(purpose: string, text: string): string {
    return `${Buffer.from(text).toString('base64url')}.${mac(this.#secrets[0] ?? '', purpose, text).toString('base64url')}`;
  }

  /** The text that was signed for this purpose, or null. */
  verify(purpose: string, signed: string): string | null {
    const dot = signed.indexOf('.');
    if (dot < 0 || signed.length > MAX_SIGNED) return null;
    const text = Buffer.from(signed.slice(0, dot), 'base64url').toString();
    const signature = Buffer.from(signed.slice(dot + 1), 'base64url');
    // One text has one signed form: what decodes leniently to the same bytes is altered, and refused.
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
 * Reads the secrets of a file, one a line. With `create`, a missing file is made first, with mode 600. Throws an error that names the
 * file and never its content.
 */
export async function readSecrets(file: string, { create }: { readonly create: boolean }): Promise<readonly string[]> {
  if (create) await createSecrets(file);
  const secrets = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  const used = secrets.filter((line) => line !== '');
  if (used.length === 0) throw new Error(`The secret file ${file} holds no secret.`);
  if (used.some((secret) => secret.length < MIN_SECRET)) {
    throw new Error(`The secret file ${file} holds a secret of under ${MIN_SECRET} characters.`);
  }
  return used;
}

const MIN_SECRET = 16;

/** Written beside and linked into place: a kill in the middle leaves no empty file of that name, and of two that start only one wins. */
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
