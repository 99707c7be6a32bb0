/** Who connects is not heard, or told to come again: it may be otherwise in a moment. */
const AWAY =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)(?:UNREACH|DOWN)|ETIMEDOUT|EPIPE|ENOENT|08(?!P01)...|53...|57...)$/;
/** What the driver says without a code. */
const UNHEARD = /timeout|terminated/i;

/** Whether the database is away, rather than there and of another opinion. */
export function isAway(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  return typeof code === 'string' ? AWAY.test(code) : UNHEARD.test(message);
}

/**
 * What is wrong between us and the database, in one line. A server's answer and a failed connection name users, hosts and databases, and
 * never a password.
 */
export function saidOf(error: unknown): string {
  const { message = '', code, errors = [] } = error as { message?: string; code?: string; errors?: readonly Error[] };
  // Where a name has several addresses each of them failed, and the sum of it has no words.
  const texts = message === '' ? errors.map((each) => each.message) : [message];
  const said = texts.length === 0 ? (code ?? 'no reason given') : texts.join('; ');
  return said.replace(/\s+/g, ' ').slice(0, 300);
}
