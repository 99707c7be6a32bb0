/**
 * Whether two values are the same JSON: members in any order, a member that is undefined is not there, -0 is 0, and of what class
 * an object is does not matter. So what was read from the log and what came with a command can be compared.
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
