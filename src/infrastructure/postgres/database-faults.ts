/** Codes of errors that may pass: the server is unreachable, starting, stopping, or out of connections. */
const UNREACHABLE =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)(?:UNREACH|DOWN)|ETIMEDOUT|EPIPE|ENOENT|08(?!P01)...|53...|57...)$/;
/** Errors of the driver that carry no code. */
const UNREACHABLE_MESSAGE = /timeout|terminated/i;

/** Whether the error means that PostgreSQL is unreachable, rather than that it rejected what we sent. */
export function isAway(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  return typeof code === 'string' ? UNREACHABLE.test(code) : UNREACHABLE_MESSAGE.test(message);
}

/**
 * Describes a database error in one line of at most 300 characters. Server answers and connection errors name users, hosts and databases,
 * but never a password.
 */
export function saidOf(error: unknown): string {
  const { message = '', code, errors = [] } = error as { message?: string; code?: string; errors?: readonly Error[] };
  // When a name resolves to several addresses, the aggregate error has no message of its own.
  const texts = message === '' ? errors.map((each) => each.message) : [message];
  const said = texts.length === 0 ? (code ?? 'no reason given') : texts.join('; ');
  return said.replace(/\s+/g, ' ').slice(0, 300);
}
