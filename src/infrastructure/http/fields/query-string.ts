import { pointerOf } from './validation.ts';
import type { Faults } from './validation.ts';

/**
 * Parses a query string, with strict decoding of `+` and percent escapes. Empty and repeated parameters are faults. The object has no
 * prototype, so that no name is special. The limit on header size also bounds the number of parameters.
 */
export function parseQuery(query: string, faults: Faults): Record<string, string> {
  const parameters = Object.create(null) as Record<string, string>;
  if (query === '') return parameters;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1));
    const pointer = pointerOf('?', name ?? '');
    if (name === undefined || value === undefined) faults.add(pointer, 'is not percent-encoded UTF-8');
    else if (value === '') faults.add(pointer, 'must not be empty');
    else if (name in parameters) faults.add(pointer, 'must be given only once');
    else parameters[name] = value;
  }
  return parameters;
}

function decoded(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
