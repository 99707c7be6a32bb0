/** What names a repository, apart from what lets one in. */
import { createHash } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  /** Null where the address names a user only: a name whose password git's own helpers know, or a token. */
  readonly password: string | null;
}

export interface Remote {
  /** Without credentials, so it may be shown, kept, and given to git as an argument. */
  readonly url: string;
  readonly credentials: Credentials | null;
}

/** Takes the credentials out of a web address. Other addresses are left as they are: a user of ssh is a part of the place. */
export function splitRemote(text: string): Remote {
  if (!/^https?:\/\//i.test(text)) return { url: text, credentials: null };
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: text, credentials: null };
  const credentials = {
    username: decoded(url.username),
    password: url.password === '' ? null : decoded(url.password),
  };
  return { url: text.replace(/^([a-z]+:\/\/)[^/]*@/i, '$1'), credentials };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Protocol, host and port, for which git's settings of credentials hold. */
export function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/]*/i.exec(url)?.[0] ?? url;
}

/** The name of the folder in which a repository is mirrored: another for each, and of a form that people recognise. */
export function mirrorName(url: string): string {
  const place = url.replace(/^[a-z+]+:\/\/[^/]*/i, (origin) => origin.toLowerCase().replace(/:(?:443|80|22)$/, ''));
  const words = place.replace(/\/+$/, '').replace(/\.git$/, '');
  const word = (/[^/:]*$/.exec(words)?.[0] ?? '')
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 40);
  return `${word}-${createHash('sha256').update(place.replace(/\/+$/, '')).digest('hex').slice(0, 16)}.git`;
}

/** An address in another repository's settings, which may be told from where that repository lies. */
export function resolveUrl(url: string, from: string): string {
  if (!/^\.\.?\//.test(url)) return url;
  let base = from.replace(/\/+$/, '');
  let rest = url;
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      base = base.replace(/[/:][^/:]*$/, (part) => (part.startsWith(':') ? ':' : ''));
    } else return base.endsWith(':') ? `${base}${rest}` : `${base}/${rest}`;
  }
}
