import type { KeyObject } from 'node:crypto';
import { createPublicKey, hash, sign, verify } from 'node:crypto';

/** Signed notes as in c2sp.org/signed-note, with Ed25519 signatures: text that anybody can verify who has the public key. */

/** A public key with its name. A signature names both, by the name and the first four bytes of a hash over name and key. */
export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  readonly publicKey: KeyObject;
}

const ED25519 = 0x01;
/** The DER encoding of an Ed25519 public key (RFC 8410), up to its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MAX_SIGNATURES = 64;

/** Whether a key may have this name: not empty, without spaces, `+` and control characters. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s+\p{Cc}\p{Z}]+$/u.test(name);
}

/** Throws `TypeError` for a name that keys cannot have, and for other keys than Ed25519. */
export function verifierKey(name: string, key: KeyObject): VerifierKey {
  if (!isKeyName(name)) throw new TypeError('The name of a key must have no spaces, plus or control characters.');
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('Notes are signed with Ed25519.');
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return { name, id: idOf(name, rawOf(publicKey)), publicKey };
}

/** The text form of a public key, `<name>+<id>+<base64>`, which Go's `note.NewVerifier` takes. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.from([ED25519]), rawOf(publicKey)]).toString('base64')}`;
}

/** Null if the text is not that of an Ed25519 key, or its id is not the key's. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = encoded === undefined ? null : fromBase64(encoded);
  if (name === undefined || id === undefined || bytes?.[0] !== ED25519 || bytes.length !== KEY_BYTES + 1) return null;
  if (!isKeyName(name)) return null;
  const raw = bytes.subarray(1);
  if (idOf(name, raw) !== id) return null;
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  return { name, id, publicKey };
}

function idOf(name: string, raw: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), raw]), 'hex').slice(0, 8);
}

function rawOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
}

/** Signs a text, which must end in a newline and have no other control characters. Throws `TypeError`. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  if (!isNoteText(text))
    throw new TypeError('The text of a note ends in a newline and has no other control characters.');
  const { id } = verifierKey(name, privateKey);
  const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/**
 * The text of a note that at least one of the keys has signed; null otherwise, and if a signature of one of them is wrong. Signatures of
 * unknown keys are ignored, as the specification demands.
 */
export function openNote(note: string, keys: readonly VerifierKey[]): string | null {
  const end = note.lastIndexOf('\n\n') + 1;
  const text = note.slice(0, end);
  const lines = note.slice(end + 1);
  if (end === 0 || !isNoteText(text) || !lines.endsWith('\n')) return null;
  const signatures = lines.slice(0, -1).split('\n');
  if (signatures.length > MAX_SIGNATURES) return null;
  let isSigned = false;
  for (const line of signatures) {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? null : fromBase64(encoded);
    if (name === undefined || bytes === null || bytes.length < 5) return null;
    const id = bytes.toString('hex', 0, 4);
    const key = keys.find((each) => each.name === name && each.id === id);
    if (!key) continue;
    const signature = bytes.subarray(4);
    if (signature.length !== SIGNATURE_BYTES || !verify(null, Buffer.from(text), key.publicKey, signature)) return null;
    isSigned = true;
  }
  return isSigned ? text : null;
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !/[^\n\P{Cc}]/u.test(text);
}

/** Decodes base64 of RFC 4648, section 4. Null unless it is spelt in the one canonical way, so that no altered text decodes alike. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
