/** PostgreSQL could not be set up, started or stopped. The message tells the operator what to do; it may span several lines. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
}
