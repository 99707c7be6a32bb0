import type { Request, Response } from 'express';

/** The strong entity tag of a version. */
function versionTag(version: number): string {
  return `"${version}"`;
}

/**
 * Sets the `ETag` of a version. Returns true, with status 304, if the client of a GET or HEAD already has that version; the handler should
 * then return nothing (RFC 9110, 13.1.2: weak comparison, `*` matches anything).
 */
export function tagVersion(request: Request, response: Response, version: number): boolean {
  const tag = versionTag(version);
  response.setHeader('ETag', tag);
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch === undefined || !namesTag(ifNoneMatch, tag)) return false;
  response.status(304);
  return true;
}

const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

function namesTag(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch === tag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.matchAll(ENTITY_TAG).some((match) => match[1] === tag);
}
