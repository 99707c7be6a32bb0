import { isUuid } from './field-rules.ts';
import { lineFault } from './text-rules.ts';

/**
 * What a path parameter holds: a UUID, a number from 0 in plain digits, a name of up to 64 letters, digits, `_.-`, or a line of up to
 * 200 code points, percent-encoded.
 */
export type ParameterKind = 'uuid' | 'number' | 'name' | 'line';

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;
const NAME = /^[\w.-]{1,64}$/;
const MAX_LINE = 200;

/** The value of a parameter, or undefined when it cannot be one. */
export function parameterOf(kind: ParameterKind, segment: string): string | undefined {
  if (kind === 'uuid' && CANONICAL_UUID.test(segment)) return segment;
  const text = segment.includes('%') ? decoded(segment) : segment;
  switch (kind) {
    case 'uuid':
      return isUuid(text) ? text.toLowerCase() : undefined;
    case 'number':
      return NUMBER.test(text) ? text : undefined;
    case 'name':
      return NAME.test(text) ? text : undefined;
    case 'line':
      return lineFault(text, MAX_LINE) === undefined && text.trim() === text ? text : undefined;
  }
}

/** Empty, which no kind of parameter is, when the escapes are garbage. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}
