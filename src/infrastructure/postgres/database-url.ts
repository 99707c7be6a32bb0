import type pg from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';

/** What a `DATABASE_URL` looks like, for people. */
export const DATABASE_URL_FORM = 'a URL such as postgres://user:password@host:5432/database';

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** Each of them means that the certificate is checked, as the library has it; said by one word it warns of none. */
const CHECKED = ['prefer', 'require', 'verify-ca'];

/**
 * What is wrong with a `DATABASE_URL`, as the rest of a sentence that begins with the variable's name; null when it can be used. It quotes
 * nothing but the names of options and files: what does not belong where it stands may be a part of the password.
 */
export function databaseUrlFault(text: string): string | null {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(text) ?? [];
  if (rest === undefined) return `must be ${DATABASE_URL_FORM}.`;
  if (rest.includes('#')) return 'holds a #, where a URL ends: in a user name or a password write it as %23.';
  const [place = '', ...queries] = rest.split('?');
  const options = queries.flatMap((query) => query.split('&')).filter((option) => option !== '');
  const isCut = place.slice(place.split('/', 1)[0]?.length).includes('@');
  if (isCut || queries.length > 1 || options.some((option) => !/^\w+=/.test(option))) {
    return `must be ${DATABASE_URL_FORM}; in a user name or a password write / as %2F, ? as %3F and @ as %40.`;
  }
  const mode = new URLSearchParams(options.join('&')).get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) return `has an sslmode that is none of ${SSL_MODES.join(', ')}.`;
  try {
    clientOptionsOf(text);
    return null;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (path !== undefined) return `names a file that cannot be read: ${path} (${code}).`;
    return `must be ${DATABASE_URL_FORM}, special characters percent-encoded.`;
  }
}

/** How the client connects by this URL. Throws for one that {@link databaseUrlFault} finds fault with. */
export function clientOptionsOf(url: string): pg.ClientConfig {
  const isAsLibpq = /[?&]uselibpqcompat=true(?:&|$)/.test(url);
  const said = isAsLibpq
    ? url
    : url.replace(/([?&]sslmode=)([\w-]+)/g, (all, name: string, mode: string) =>
        CHECKED.includes(mode) ? `${name}verify-full` : all,
      );
  return toClientConfig(parse(said));
}
