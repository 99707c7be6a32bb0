import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * The form of an API key: `abk_`, 32 random characters of base62 (190 bits), and 6 more that are the CRC-32 of all before. People and
 * secret scanners recognise it (`abk_[0-9A-Za-z]{38}`), and a key that was cut, mistyped or changed in case is refused before it is
 * looked up.
 */
const PREFIX = 'abk_';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);
/** So much of a key is shown in lists, to recognise it by; what remains has 166 bits. */
const HINT_LENGTH = PREFIX.length + 4;

export function newKey(): string {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    // The highest multiple of 62 in a byte: from there on the first characters would come up more often than the last.
    for (const byte of randomBytes(RANDOM_LENGTH)) if (byte < 248) random += BASE62.charAt(byte % 62);
  }
  const body = PREFIX + random.slice(0, RANDOM_LENGTH);
  return body + checksum(body);
}

export function looksLikeKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether form and checksum are right. It says nothing of whether the key is known. */
export function isWellFormedKey(token: string): boolean {
  return FORM.test(token) && checksum(token.slice(0, -CHECKSUM_LENGTH)) === token.slice(-CHECKSUM_LENGTH);
}

/**
 * Under which a key is kept: SHA-256 in lower-case hex. A slow hash is for passwords, which can be guessed; nobody guesses 190 random
 * bits, and a key is hashed at every call.
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
