import { isIPv6 } from 'node:net';

const MAPPED = '::ffff:';

/** By what a client's address counts: one household or server has a whole /64 of IPv6 to call from. IPv4 counts alike however it is written. */
export function networkOf(address: string): string {
  if (address.startsWith(MAPPED)) return address.slice(MAPPED.length);
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const groups = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
  return groups.slice(0, 4).join(':');
}
