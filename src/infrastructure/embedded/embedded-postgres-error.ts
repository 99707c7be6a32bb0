/** PostgreSQL could not be set up, started or stopped. The message is one that a person can act on; it may span lines. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = fieldOf(error, 'message');
  return typeof message === 'string' ? message : String(error);
}

/** The code of a system error (`ENOENT`, `EACCES`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** Asked of the object and not of its class: an error of Node's own is no `Error` of the realm that jest runs tests in. */
export function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
