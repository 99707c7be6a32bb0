/** The metadata keys that affect what a read returns. */
export type StreamMetadata = {
  readonly maxCount: number | undefined;
  /** Seconds. */
  readonly maxAge: number | undefined;
  readonly truncateBefore: number;
  /** Whether `$tb` is 2^63 - 1, which marks a soft delete. */
  readonly softDeleted: boolean;
};

export const NO_METADATA: StreamMetadata = {
  maxCount: undefined,
  maxAge: undefined,
  truncateBefore: 0,
  softDeleted: false,
};

const SOFT_DELETED = '9223372036854775807';
const INT64_MAX = BigInt(SOFT_DELETED);
const ACL_KEYS = ['$r', '$w', '$d', '$mr', '$mw'];

/** The metadata event that soft-deletes a stream. */
export const softDeleteMetadata = (): Buffer => Buffer.from(`{"$tb":${SOFT_DELETED}}`);

/**
 * Parses the newest event of a metadata stream. As on a real server, one invalid value voids all of it: `$maxCount`,
 * `$maxAge` and `$cacheControl` must be integers of at least 1, `$tb` of at least 0, `$acl` an object of roles.
 */
export function parseStreamMetadata(data: Uint8Array, isJson: boolean): StreamMetadata {
  if (!isJson) return NO_METADATA;
  try {
    const { value, sources } = parseWithSources(Buffer.from(data).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_METADATA;
    const fields = value as Record<string, unknown>;
    const integer = (key: string, least: bigint): bigint | undefined => {
      if (!(key in fields)) return undefined;
      const source = sources.get(key);
      if (source === undefined || !/^-?\d+$/.test(source)) throw new TypeError(`${key} is not an integer`);
      const parsed = BigInt(source);
      if (parsed < least || parsed > INT64_MAX) throw new RangeError(`${key} is out of range`);
      return parsed;
    };
    const maxCount = integer('$maxCount', 1n);
    const maxAge = integer('$maxAge', 1n);
    const truncateBefore = integer('$tb', 0n);
    integer('$cacheControl', 1n);
    if ('$acl' in fields) checkAcl(fields.$acl);
    return {
      maxCount: maxCount === undefined ? undefined : Number(maxCount),
      maxAge: maxAge === undefined ? undefined : Number(maxAge),
      truncateBefore: truncateBefore === undefined ? 0 : Math.min(Number(truncateBefore), Number.MAX_SAFE_INTEGER),
      softDeleted: truncateBefore === INT64_MAX,
    };
  } catch {
    return NO_METADATA;
  }
}

/**
 * The metadata of a soft-deleted stream that is recreated: other keys are kept, and `$tb` is set to the first new
 * revision. Undefined if the bytes are not a JSON object; they are then left as they are.
 */
export function recreatedMetadata(data: Uint8Array, firstRevision: number): Buffer | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Buffer.from(JSON.stringify({ ...value, $tb: firstRevision }));
  } catch {
    return undefined;
  }
}

/** Parses JSON and keeps the source text of top-level numbers: 2^63 - 1 does not fit into a JavaScript number. */
function parseWithSources(text: string): { value: unknown; sources: Map<string, string> } {
  const numbers: { holder: unknown; key: string; source: string }[] = [];
  function keepSource(this: unknown, key: string, value: unknown, context?: { source?: string }): unknown {
    if (typeof value === 'number' && context?.source !== undefined) {
      numbers.push({ holder: this, key, source: context.source });
    }
    return value;
  }
  const value: unknown = JSON.parse(text, keepSource);
  const topLevel = numbers.filter(({ holder }) => holder === value);
  return { value, sources: new Map(topLevel.map(({ key, source }) => [key, source])) };
}

function checkAcl(acl: unknown): void {
  if (typeof acl !== 'object' || acl === null || Array.isArray(acl)) throw new TypeError('$acl is not an object');
  for (const [key, roles] of Object.entries(acl)) {
    if (!ACL_KEYS.includes(key)) continue;
    const isRole = typeof roles === 'string' || roles === null;
    const isRoles = Array.isArray(roles) && roles.every((role) => typeof role === 'string');
    if (!isRole && !isRoles) throw new TypeError(`${key} names no roles`);
  }
}
