/** Scheme, authority without user information, then characters RFC 3986 allows; percent signs only before two digits. */
const HTTPS_URL = /^https:\/\/([a-z0-9.-]+)(?::443)?(?:[/?#](?:[\w\-.~!$&'()*+,;=:@/?#[\]]|%[0-9a-f]{2})*)?$/i;
const DOTTED_QUAD = /^\d+\.\d+\.\d+\.\d+$/;
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?$/;

/**
 * What is wrong with a link, or undefined. Links come from agents and are shown to people: https only, no user information
 * that makes another host look like the target, a name and not an address, the default port, no characters a URL has not.
 */
export function httpsUrlFault(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  const match = HTTPS_URL.exec(value);
  if (match === null || !URL.canParse(value)) {
    return 'must be an https URL without user information, on the default port';
  }
  // Parsing resolves every spelling of an IPv4 address, 2130706433 and 0x7f.1 too, to four numbers.
  const { hostname } = new URL(value);
  return DOTTED_QUAD.test(hostname) || !HOST_NAME.test(hostname) ? 'must name a host, not an address' : undefined;
}
