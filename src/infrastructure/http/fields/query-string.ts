import { pointerOf } from './faults.ts';
import type { Faults } from './faults.ts';

/**
 * The parameters of a query, each at most once and none empty, with `+` and percent escapes decoded strictly. The object has
 * no prototype, so that no name is special. How many there are is bounded by the size of a request's head.
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
