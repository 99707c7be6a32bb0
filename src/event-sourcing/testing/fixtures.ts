import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';

export const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/events');

export const fixtureFiles: readonly string[] = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));

export function readFixture(file: string): readonly StoredEvent[] {
  const events = JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Omit<StoredEvent, 'position'>[];
  return events.map((event) => ({ ...event, position: BigInt(event.revision) }));
}

/** The events of all fixtures, by stream name, in order of revision. */
export function readStreams(): ReadonlyMap<string, readonly StoredEvent[]> {
  const streams = new Map<string, StoredEvent[]>();
  for (const event of fixtureFiles.flatMap(readFixture)) {
    streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  }
  for (const events of streams.values()) events.sort((a, b) => a.revision - b.revision);
  return streams;
}
