/**
 * Headers of every answer, so that browsers do not sniff, frame or execute it, or load it into pages of other sites.
 * `Strict-Transport-Security` is left to the TLS terminator.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};
