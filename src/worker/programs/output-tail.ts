/**
 * The last characters of an agent's output, made fit to be shown: bounded, without the secrets we know of and what looks like one,
 * and within what the contract takes for a text.
 */
export class OutputTail {
  readonly #decoder = new TextDecoder();
  readonly #capacity: number;
  #text = '';
  #cut = false;

  /** @param capacity in characters; twice as many are held at most */
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

  /** At most `maxCodePoints` of it; empty when nothing was put out. */
  read(secrets: readonly string[], maxCodePoints: number): string {
    // Where it was cut, half a secret may stand: it begins with the next line, or after more than any secret's length.
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

/** Forms of well-known credentials. Names of variables are not secret, what follows them may be. */
const SECRET_FORMS: readonly RegExp[] = [
  // Our own: API keys, tokens of attempts, proofs of the command line.
  /\babk_[0-9A-Za-z]{20,}/g,
  /\b(?:atw|ata|alt)_[\w-]+\.[\w-]+/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,}/g,
  /\bA(?:KIA|SIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** `[redacted]` in place of the given values and of what has the form of a credential. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 8) clean = clean.replaceAll(secret, '[redacted]');
  for (const form of SECRET_FORMS) clean = clean.replace(form, '[redacted]');
  clean = clean.replace(/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, '$1 [redacted]');
  clean = clean.replace(
    /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[=:]\s*["']?)(?!\s|bearer |basic )[^\r\n"']{4,}/gi,
    '$1$2[redacted]',
  );
  // A token can be the user of a web address; elsewhere the user is no secret.
  clean = clean.replace(/\b(https?:\/\/)[^\s/"'<>]*@/gi, '$1[redacted]@');
  clean = clean.replace(/(:\/\/[^\s/:@]*:)[^\s/]+@/g, '$1[redacted]@');
  clean = clean.replace(/([?&](?:sig|signature|key|auth|code|x-amz-[a-z-]+)=)[^\s&"'<>]{4,}/gi, '$1[redacted]');
  return clean.replace(
    /\b([A-Za-z0-9_]*(?:token|secret|password|passwd|api[_-]?key|access[_-]?key))(["']?\s*[=:]\s*["']?)[^\s"',;&]{4,}/gi,
    '$1$2[redacted]',
  );
}

/** Terminal sequences and every other character that the contract refuses in a text are left out; line ends become LF. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .replace(/\p{Noncharacter_Code_Point}/gu, '');
}

/** The end of a text, without halving a character. */
function lastCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return [...text.slice(-count * 2)].slice(-count).join('');
}

export function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return [...text.slice(0, count * 2)].slice(0, count).join('');
}

/** Values that must never be shown: what names like these hold. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment)
    .filter(([name]) => /TOKEN|KEY|SECRET|PASSWORD|CREDENTIAL/i.test(name))
    .flatMap(([, value]) => (value !== undefined && value.length >= 8 ? [value] : []));
}
