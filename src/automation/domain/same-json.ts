/**
 * Whether two values are equal as JSON, so that values read from the log can be compared with those in a command. Member order, undefined
 * members, prototypes and the sign of zero do not matter.
 */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  const members = definedMembers(a);
  const others = new Map(definedMembers(b));
  return members.length === others.size && members.every(([name, value]) => sameJson(value, others.get(name)));
}

function definedMembers(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}
