import type pg from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';

/** The form of a `DATABASE_URL`, for error messages. */
const DATABASE_URL_FORM = 'a URL such as postgres://user:password@host:5432/database';

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** pg-connection-string treats these like `verify-full` and warns about it; passing `verify-full` avoids the warning. */
const CHECKED = ['prefer', 'require', 'verify-ca'];

/**
 * Checks a `DATABASE_URL`. Returns null if it is usable, otherwise the rest of a sentence that begins with the variable's name. The text
 * quotes only names of options and files, because a misplaced part of the URL may belong to the password.
 */
export function databaseUrlFault(text: string): string | null {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(text) ?? [];
  if (rest === undefined || /\p{Cc}/u.test(rest)) return `must be ${DATABASE_URL_FORM}.`;
  if (rest.includes('#')) return 'contains a #, which ends a URL: in a user name or password write it as %23.';
  const [place = '', ...queries] = rest.split('?');
  const options = queries.flatMap((query) => query.split('&')).filter((option) => option !== '');
  const isCut = place.slice(place.split('/', 1)[0]?.length).includes('@');
  if (isCut || queries.length > 1 || options.some((option) => !/^\w+=/.test(option))) {
    return `must be ${DATABASE_URL_FORM}; in a user name or password write / as %2F, ? as %3F and @ as %40.`;
  }
  const mode = new URLSearchParams(options.join('&')).get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) return `has an unknown sslmode; use one of ${SSL_MODES.join(', ')}.`;
  try {
    clientOptionsOf(text);
    return null;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (path !== undefined) return `names a file that cannot be read: ${path} (${code}).`;
    return `must be ${DATABASE_URL_FORM}, with special characters percent-encoded.`;
  }
}

/** The client options for a connection URL. Throws if {@link databaseUrlFault} finds a fault in it. */
export function clientOptionsOf(url: string): pg.ClientConfig {
  const isAsLibpq = /[?&]uselibpqcompat=true(?:&|$)/.test(url);
  const said = isAsLibpq
    ? url
    : url.replace(/([?&]sslmode=)([\w-]+)/g, (all, name: string, mode: string) =>
        CHECKED.includes(mode) ? `${name}verify-full` : all,
      );
  return toClientConfig(parse(said));
}
