import { isUuid } from './field-rules.ts';
import { lineFault } from './text-rules.ts';

/**
 * The kind of a path parameter: a UUID; an integer from 0 to 999999999; a name of 1 to 64 letters, digits or `_.-`; or a line of 1 to 200
 * code points, percent-encoded.
 */
export type ParameterKind = 'uuid' | 'number' | 'name' | 'line';

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;
const NAME = /^[\w.-]{1,64}$/;
const MAX_LINE = 200;

/** The decoded value of a parameter, with UUIDs in lower case; undefined if it is malformed. */
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

/** Empty for invalid escapes, which no kind of parameter accepts. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}
