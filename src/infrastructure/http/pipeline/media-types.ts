const JSON_TYPE = 'application/json';

/** One range of an `Accept` header: `type/subtype`, `type/*` or `*` + `/*`, with its weight. Other parameters are ignored. */
const RANGE = /^([\w!#$%&'*+.^`|~-]+)\/([\w!#$%&'*+.^`|~-]+)[ \t]*((?:;.*)?)$/s;
const WEIGHT = /;[ \t]*q[ \t]*=[ \t]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/i;

/**
 * Chooses one of the media types that a route produces, by the `Accept` header (RFC 9110, 12.5.1); undefined if none is acceptable. The
 * highest weight wins, then the most specific range, then the order of `produced`. Empty if the route names no media types: it accepts any.
 */
export function negotiate(accept: string | undefined, produced: readonly string[]): string | undefined {
  if (accept === undefined || accept === '*/*' || accept === '') return produced[0] ?? '';
  if (produced.length === 0) return '';
  if (produced.includes(accept)) return accept;
  const ranges = accept.split(',').map(parseRange);
  let best: { type: string; weight: number; exactness: number } | undefined;
  for (const type of produced) {
    let weight = 0;
    let exactness = -1;
    for (const range of ranges) {
      // The most specific range decides, so that `application/json;q=0, */*` refuses JSON.
      const found = range === undefined ? -1 : exactnessOf(range.name, type);
      if (range !== undefined && found > exactness) [exactness, weight] = [found, range.weight];
    }
    if (weight === 0) continue;
    if (best === undefined || weight > best.weight || (weight === best.weight && exactness > best.exactness)) {
      best = { type, weight, exactness };
    }
  }
  return best?.type;
}

function parseRange(text: string): { name: string; weight: number } | undefined {
  const match = RANGE.exec(text.trim());
  if (match === null) return undefined;
  const parameters = match[3] ?? '';
  const name = `${match[1]}/${match[2]}`.toLowerCase();
  if (!/;[ \t]*q[ \t]*=/i.test(parameters)) return { name, weight: 1 };
  const weight = WEIGHT.exec(parameters);
  return weight === null ? undefined : { name, weight: Number(weight[1]) };
}

function exactnessOf(range: string, type: string): number {
  if (range === type) return 2;
  if (range === '*/*') return 0;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 1 : -1;
}

const CONTENT_TYPE = /^([\w.+-]+\/[\w.+-]+)[ \t]*((?:;.*)?)$/s;
const PARAMETER = /;[ \t]*(?:([\w-]+)=("[^"\\]*"|[^\s;"]+)[ \t]*)?/y;

/** True for a `Content-Type` of one of these media types whose charset is UTF-8 or missing. */
export function isUtf8Of(contentType: string, types: readonly string[]): boolean {
  if (contentType === JSON_TYPE) return types.includes(JSON_TYPE);
  const match = CONTENT_TYPE.exec(contentType);
  if (match === null || !types.includes((match[1] ?? '').toLowerCase())) return false;
  return hasOnlyUtf8(match[2] ?? '');
}

function hasOnlyUtf8(parameters: string): boolean {
  let charsets = 0;
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < parameters.length) {
    const match = PARAMETER.exec(parameters);
    if (match === null) return false;
    if (match[1]?.toLowerCase() !== 'charset') continue;
    if (match[2]?.replaceAll('"', '').toLowerCase() !== 'utf-8') return false;
    charsets += 1;
  }
  return charsets <= 1;
}
