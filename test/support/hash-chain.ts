import { createHash } from 'node:crypto';

/** Canonical JSON (RFC 8785): members sorted by the UTF-16 units of their names, everything else as JavaScript writes it. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

/** An event as the API returns it. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: { readonly hash: string; readonly previous_hash: string | null };
}

/** Revision of the first event of a stream whose hash or link to the event before is wrong; null if the chain is intact. */
export function brokenLink(events: readonly ShownEvent[]): number | null {
  let previous: string | null = null;
  for (const [revision, { id, type, data, metadata }] of events.entries()) {
    const { hash, previous_hash, ...rest } = metadata;
    const text: string = (previous ?? '') + canonical({ id, type, data, metadata: rest });
    const expected: string = createHash('sha256').update(text, 'utf8').digest('hex');
    if (hash !== expected || previous_hash !== previous) return revision;
    previous = hash;
  }
  return null;
}
