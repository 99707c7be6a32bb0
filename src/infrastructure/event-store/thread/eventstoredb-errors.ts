/**
 * Classifies the errors of the official client, by the `type` of their class. If that is "unknown", or the error is a plain `Error`, by
 * code and message.
 */
import type { Outcome } from './retry.ts';

/** Thrown by our own timers around client calls. */
export class OwnTimeout extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${Math.round(timeoutMs)} ms`);
    this.name = 'OwnTimeout';
  }
}

/** An append timed out before it was sent, waiting for others. */
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

/** gRPC status codes INVALID_ARGUMENT and RESOURCE_EXHAUSTED (message too large). */
const refusedCodes: ReadonlySet<unknown> = new Set([3, 8]);

/** Messages that mean the server has not processed the request. */
const notTaken = /Server Is Not Ready|Server Is Busy|No connection established|Failed to discover/i;

export function outcomeOfAppend(error: unknown): Outcome {
  const { type, code, message } = traits(error);
  if (type === 'wrong-expected-version') return 'wrong-revision';
  // Message before type: the client may wrap these errors in any class.
  if (error instanceof TooBusy || notTaken.test(message) || type === 'not-leader') return 'not-taken';
  if (refusedTypes.has(type)) return 'refused';
  if (type === 'unknown' && (refusedCodes.has(code) || message.includes('BadRequest'))) return 'refused';
  return 'unknown';
}

/** Whether the server did not answer at all, so that a new connection may help. */
export function isSilence(error: unknown): boolean {
  return error instanceof OwnTimeout || traits(error).type === 'deadline-exceeded';
}

/** Whether the server refused a start position because no record begins there. */
export function isNoBeginning(error: unknown): boolean {
  const { type, code } = traits(error);
  return type === 'invalid-argument' || code === 3;
}

export function isTombstoned(error: unknown): boolean {
  return traits(error).type === 'stream-deleted';
}

/** Whether the stream does not exist or was tombstoned. */
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
