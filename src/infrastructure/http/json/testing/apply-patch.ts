import type { PatchOperation } from '../json-patch.ts';

/** Applies a JSON Patch as RFC 6902 says. Throws if an operation has no target. */
export function applyPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  return operations.reduce(applyOne, structuredClone(document));
}

function applyOne(document: unknown, { op, path, value }: PatchOperation): unknown {
  const copied = structuredClone(value);
  const segments = path.split('/').slice(1);
  const key = segments.pop();
  if (key === undefined) {
    if (op === 'remove' || path !== '') throw new Error(`${op} ${path} has no target.`);
    return copied;
  }
  const parent = segments.reduce((at, segment) => childOf(at, unescape(segment)), document);
  change(parent, op, unescape(key), copied);
  return document;
}

function change(parent: unknown, op: PatchOperation['op'], key: string, value: unknown): void {
  if (op !== 'add') childOf(parent, key);
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key);
    if (!/^(?:0|[1-9]\d*|-)$/.test(key) || index > parent.length) throw new Error(`There is no place ${key}.`);
    if (op === 'add') parent.splice(index, 0, value);
    else if (op === 'remove') parent.splice(index, 1);
    else parent[index] = value;
    return;
  }
  const object = parent as Record<string, unknown>;
  if (op === 'remove') delete object[key];
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function childOf(parent: unknown, key: string): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key))
    throw new Error(`There is no ${key}.`);
  return (parent as Record<string, unknown>)[key];
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
