/** URLs of repositories, separated from their credentials. */
import { createHash } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  /** Null when the URL has only a user name: one whose password git's credential helpers know, or a token. */
  readonly password: string | null;
}

export interface Remote {
  /** Without credentials, so safe to show, store, and pass to git as an argument. */
  readonly url: string;
  readonly credentials: Credentials | null;
}

/** Separates the credentials from an http(s) URL. Other URLs stay as they are: the user of an ssh URL is part of the location. */
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

/** Protocol, host and port: the scope of git's credential settings. */
export function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/]*/i.exec(url)?.[0] ?? url;
}

/** Folder name of a repository's mirror: unique through a hash, and readable through the repository's name. */
export function mirrorName(url: string): string {
  const place = url.replace(/^[a-z+]+:\/\/[^/]*/i, (origin) => origin.toLowerCase().replace(/:(?:443|80|22)$/, ''));
  const words = place.replace(/\/+$/, '').replace(/\.git$/, '');
  const word = (/[^/:]*$/.exec(words)?.[0] ?? '')
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 40);
  return `${word}-${createHash('sha256').update(place.replace(/\/+$/, '')).digest('hex').slice(0, 16)}.git`;
}

/** Resolves a submodule URL, which may be relative, against the URL of its repository. */
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
