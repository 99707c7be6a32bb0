/**
 * What every answer tells a browser: that JSON is not to be taken for something else, framed, run, or loaded by pages of other sites. TLS
 * is the matter of whoever terminates it, so there is no `Strict-Transport-Security` here.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};
