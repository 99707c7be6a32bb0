/**
 * Keeps the last characters of an agent's output, safe to show: bounded, with known secrets and anything that looks like one redacted,
 * and reduced to the characters the API accepts in a text.
 */
export class OutputTail {
  readonly #decoder = new TextDecoder();
  readonly #capacity: number;
  #text = '';
  #cut = false;

  /** @param capacity in characters; up to twice as many are held in memory */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(chunk: Uint8Array | string): void {
    const text =
      typeof chunk === 'string' ? chunk : this.#decoder.decode(lastBytes(chunk, this.#capacity * 4), { stream: true });
    this.#text += text;
    if (this.#text.length <= this.#capacity * 2) return;
    this.#text = this.#text.slice(-this.#capacity);
    this.#cut = true;
  }

  /** Returns at most `maxCodePoints` from the end; empty when there was no output. */
  read(secrets: readonly string[], maxCodePoints: number): string {
    // The cut may have split a secret, so skip to the next line, or past the longest possible secret.
    let text = this.#text;
    if (this.#cut) {
      const line = text.indexOf('\n');
      text = text.slice(line >= 0 && line < text.length - 1 ? line + 1 : LONGEST_SECRET);
    }
    return lastCodePoints(plainText(redact(text, secrets)).trim(), maxCodePoints);
  }
}

const LONGEST_SECRET = 1_024;

function lastBytes(chunk: Uint8Array, count: number): Uint8Array {
  return chunk.length <= count ? chunk : chunk.subarray(chunk.length - count);
}

/** Patterns of well-known credentials. */
const SECRET_FORMS: readonly RegExp[] = [
  // Our own: API keys, attempt tokens, and proofs of local admin access.
  /\babk_[0-9A-Za-z]{20,}/g,
  /\b(?:atw|ata|alt)_[\w-]+\.[\w-]+/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,}/g,
  /\bA(?:KIA|SIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** Replaces the given values (8 characters or longer) and anything that looks like a credential with `[redacted]`. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 8) clean = clean.replaceAll(secret, '[redacted]');
  for (const form of SECRET_FORMS) clean = clean.replace(form, '[redacted]');
  clean = clean.replace(/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, '$1 [redacted]');
  clean = clean.replace(
    /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[=:]\s*["']?)(?!\s|bearer |basic )[^\r\n"']{4,}/gi,
    '$1$2[redacted]',
  );
  // In a web URL the user name can be a token; in other URLs it is not secret.
  clean = clean.replace(/\b(https?:\/\/)[^\s/"'<>]*@/gi, '$1[redacted]@');
  clean = clean.replace(/(:\/\/[^\s/:@]*:)[^\s/]+@/g, '$1[redacted]@');
  clean = clean.replace(/([?&](?:sig|signature|key|auth|code|x-amz-[a-z-]+)=)[^\s&"'<>]{4,}/gi, '$1[redacted]');
  return clean.replace(
    /\b([A-Za-z0-9_]*(?:token|secret|password|passwd|api[_-]?key|access[_-]?key))(["']?\s*[=:]\s*["']?)[^\s"',;&]{4,}/gi,
    '$1$2[redacted]',
  );
}

/** Removes terminal sequences and every other character the API rejects in a text; line endings become LF. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .replace(/\p{Noncharacter_Code_Point}/gu, '');
}

/** Returns the last `count` code points of a text. Never splits a surrogate pair. */
function lastCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return [...text.slice(-count * 2)].slice(-count).join('');
}

/** Returns the first `count` code points of a text. Never splits a surrogate pair. */
export function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return [...text.slice(0, count * 2)].slice(0, count).join('');
}

/** Values to redact: those of variables whose names suggest a secret, from 8 characters on. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment)
    .filter(([name]) => /TOKEN|KEY|SECRET|PASSWORD|CREDENTIAL/i.test(name))
    .flatMap(([, value]) => (value !== undefined && value.length >= 8 ? [value] : []));
}
