/** The gRPC status codes that this server uses. */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type StatusCode = (typeof Code)[keyof typeof Code];

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * Ends a call with a status other than OK. If a trailer is not printable ASCII, the call ends like that of a real
 * server, which fails while writing it: with UNKNOWN and no trailers.
 */
export class GrpcError extends Error {
  readonly code: StatusCode;
  readonly trailers: Readonly<Record<string, string>>;

  constructor(code: StatusCode, message: string, trailers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'GrpcError';
    const sendable = Object.values(trailers).every((value) => PRINTABLE_ASCII.test(value));
    this.code = sendable ? code : Code.UNKNOWN;
    this.trailers = sendable ? trailers : {};
  }

  /** The headers that carry this status. */
  toHeaders(): Record<string, string> {
    return { 'grpc-status': String(this.code), 'grpc-message': percentEncode(this.message), ...this.trailers };
  }
}

/** gRPC's escaping of status messages: everything but printable ASCII, and the percent sign, as %XX of UTF-8. */
function percentEncode(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
