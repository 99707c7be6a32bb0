import type { Request } from 'express';

export interface RequestTarget {
  /** As sent, without the query; never decoded. */
  readonly path: string;
  /** Without the question mark; empty if there is none. */
  readonly query: string;
  /** Only for the absolute form. Takes precedence over the Host header (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/i;

/** Parses the target in the request line. Anything but a path or an absolute URL gives an empty path, which does not exist. */
export function readTarget(request: Request): RequestTarget {
  const { url } = request;
  if (url.startsWith('/')) return split(url, undefined);
  const match = ABSOLUTE_FORM.exec(url);
  return match === null ? split('', undefined) : split(match[2] ?? '', match[1]);
}

function split(url: string, authority: string | undefined): RequestTarget {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: '', authority }
    : { path: url.slice(0, mark), query: url.slice(mark + 1), authority };
}
