/** An operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  /** A JSON Pointer; empty for the whole document. */
  readonly path: string;
  /** Absent for `remove`. */
  readonly value?: unknown;
}

/**
 * The operations that turn one JSON value into another. Arrays are compared from both ends and pairwise in between: linear in their length,
 * where the shortest patch would take a second for the longest list of milestones.
 */
export function jsonPatch(before: unknown, after: unknown, path = ''): PatchOperation[] {
  if (before === after) return [];
  if (Array.isArray(before) && Array.isArray(after)) return ofArrays(before, after, path);
  if (isObject(before) && isObject(after)) return ofObjects(before, after, path);
  return [{ op: 'replace', path, value: after }];
}

function ofObjects(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: string,
): PatchOperation[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): PatchOperation[] => {
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [old, value] = [own(before, name), own(after, name)];
    if (value === undefined) return old === undefined ? [] : [{ op: 'remove', path: at }];
    return old === undefined ? [{ op: 'add', path: at, value }] : jsonPatch(old, value, at);
  });
}

function ofArrays(before: readonly unknown[], after: readonly unknown[], path: string): PatchOperation[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isSame(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shorter - start && isSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const pairs = shorter - start - end;
  const operations: PatchOperation[] = [];
  for (let i = start; i < start + pairs; i += 1) operations.push(...jsonPatch(before[i], after[i], `${path}/${i}`));
  // Whatever is removed at an index, the next element takes its place.
  for (let i = shorter; i < before.length; i += 1) operations.push({ op: 'remove', path: `${path}/${start + pairs}` });
  for (let i = start + pairs; i < after.length - end; i += 1) {
    operations.push({ op: 'add', path: `${path}/${i}`, value: after[i] });
  }
  return operations;
}

function isSame(before: unknown, after: unknown): boolean {
  return jsonPatch(before, after).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined is no JSON: such a member is absent. */
function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
