const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Converts a GUID to lower case with dashes; undefined if the text is not a GUID. Accepts what .NET's parser accepts:
 * upper case, `{braces}`, `(parentheses)` and 32 bare hex digits.
 */
export function canonicalGuid(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  let plain = text.trim().toLowerCase();
  if (/^\{.*\}$/.test(plain) || /^\(.*\)$/.test(plain)) plain = plain.slice(1, -1);
  if (/^[0-9a-f]{32}$/.test(plain)) {
    plain = `${plain.slice(0, 8)}-${plain.slice(8, 12)}-${plain.slice(12, 16)}-${plain.slice(16, 20)}-${plain.slice(20)}`;
  }
  return CANONICAL.test(plain) ? plain : undefined;
}

/** Like canonicalGuid, but the nil GUID is not a valid event id. */
export function canonicalEventId(text: string): string | undefined {
  const guid = canonicalGuid(text);
  return guid === NIL ? undefined : guid;
}
