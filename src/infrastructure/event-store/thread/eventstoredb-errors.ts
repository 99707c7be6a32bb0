/**
 * What the errors of the official client mean. They are told apart by the `type` of their class, which is there on every
 * path, and where the class is only "unknown" or a plain Error by code and text.
 */
import type { Outcome } from './retry.ts';

/** Thrown by our own timers around calls of the client. */
export class OwnTimeout extends Error {
  constructor(what: string, timeout_ms: number) {
    super(`${what} took longer than ${Math.round(timeout_ms)} ms`);
    this.name = 'OwnTimeout';
  }
}

/** An append that was not sent, because those before it took all of its time. */
export class TooBusy extends Error {
  constructor() {
    super('too many appends are under way');
    this.name = 'TooBusy';
  }
}

const refusedTypes: ReadonlySet<string> = new Set([
  'stream-deleted',
  'maximum-append-size-exceeded',
  'access-denied',
  'invalid-argument',
  'invalid-transaction',
  'missing-required-metadata-property',
  'unsupported',
]);

/** gRPC: the request itself is at fault, or larger than the server takes. */
const refusedCodes: ReadonlySet<unknown> = new Set([3, 8]);

/** The server, or the lack of a connection to it, says that this try was not looked at. */
const notTaken = /Server Is Not Ready|Server Is Busy|No connection established|Failed to discover/i;

export function outcomeOfAppend(error: unknown): Outcome {
  const { type, code, message } = traits(error);
  if (type === 'wrong-expected-version') return 'wrong-revision';
  // The batch path would wrap this one in any class; here the text goes first for the same reason.
  if (error instanceof TooBusy || notTaken.test(message) || type === 'not-leader') return 'not-taken';
  if (refusedTypes.has(type)) return 'refused';
  if (type === 'unknown' && (refusedCodes.has(code) || message.includes('BadRequest'))) return 'refused';
  return 'unknown';
}

/** True when the peer said nothing at all, which a new connection may cure. */
export function isSilence(error: unknown): boolean {
  return error instanceof OwnTimeout || traits(error).type === 'deadline-exceeded';
}

/** No record begins at the position from which a subscription was to begin. */
export function isNoBeginning(error: unknown): boolean {
  const { type, code } = traits(error);
  return type === 'invalid-argument' || code === 3;
}

export function isTombstoned(error: unknown): boolean {
  return traits(error).type === 'stream-deleted';
}

/** A stream that was deleted for good, or never was, has no events. */
export function isAbsence(error: unknown): boolean {
  const { type } = traits(error);
  return type === 'stream-not-found' || type === 'stream-deleted';
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { type, message } = traits(error);
  return `${error.constructor.name}: ${message === '' ? type : message}`;
}

function traits(error: unknown): { type: string; code: unknown; message: string } {
  if (!(error instanceof Error)) return { type: '', code: undefined, message: String(error) };
  const { type, code, message } = error as Error & { type?: unknown; code?: unknown };
  return { type: typeof type === 'string' ? type : '', code, message };
}
