/** Scheme, authority without user information, then characters allowed by RFC 3986; percent signs only before two hex digits. */
const HTTPS_URL = /^https:\/\/([a-z0-9.-]+)(?::443)?(?:[/?#](?:[\w\-.~!$&'()*+,;=:@/?#[\]]|%[0-9a-f]{2})*)?$/i;
const DOTTED_QUAD = /^\d+\.\d+\.\d+\.\d+$/;
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?$/;

/**
 * The fault of a link, or undefined. Links come from agents and are shown to people, so they must be https on the default port, with a host
 * name instead of an address, and without invalid characters or user information, which can make another host look like the target.
 */
export function httpsUrlFault(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  const match = HTTPS_URL.exec(value);
  if (match === null || !URL.canParse(value)) {
    return 'must be an https URL without user information, on the default port';
  }
  // Parsing converts every form of an IPv4 address, such as 2130706433 or 0x7f.1, to four decimal numbers.
  const { hostname } = new URL(value);
  return DOTTED_QUAD.test(hostname) || !HOST_NAME.test(hostname) ? 'must name a host, not an address' : undefined;
}
