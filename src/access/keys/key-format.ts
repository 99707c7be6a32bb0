import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * Format of an API key: `abk_`, 32 random base62 characters (190 bits), and 6 for the CRC-32 of everything before. People and secret
 * scanners recognise it (`abk_[0-9A-Za-z]{38}`), and a truncated or mistyped key is rejected without a lookup.
 */
const PREFIX = 'abk_';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);
/** Length of the part that lists show to identify a key. The rest still has 166 bits. */
const HINT_LENGTH = PREFIX.length + 4;

export function newKey(): string {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    // 248 is the largest multiple of 62 in a byte. Larger bytes are skipped, or the first characters would be more likely.
    for (const byte of randomBytes(RANDOM_LENGTH)) if (byte < 248) random += BASE62.charAt(byte % 62);
  }
  const body = PREFIX + random.slice(0, RANDOM_LENGTH);
  return body + checksum(body);
}

export function looksLikeKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether format and checksum are valid. The key may still be unknown. */
export function isWellFormedKey(token: string): boolean {
  return FORM.test(token) && checksum(token.slice(0, -CHECKSUM_LENGTH)) === token.slice(-CHECKSUM_LENGTH);
}

/**
 * Digest of a key, as stored: SHA-256 in lower-case hex. A slow password hash is not needed, because 190 random bits cannot be guessed,
 * and it would slow down every call.
 */
export function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}

export function hintOf(key: string): string {
  return key.slice(0, HINT_LENGTH);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (digits.length < CHECKSUM_LENGTH) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
