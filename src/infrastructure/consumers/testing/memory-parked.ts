import type { Queryable } from '../../postgres/database.ts';
import type { Statement } from '../checkpoints.ts';
import type { ParkedEvent, ParkedEvents, Try, Wish } from '../parked-events.ts';
import { HOLD, NOTE_SKIPPED, PARK, RELEASE } from '../parked-events.ts';

/** Parked events in memory, which understand the statements that write them. */
export class MemoryParked implements ParkedEvents {
  /** By consumer and stream. */
  readonly rows = new Map<string, ParkedEvent>();
  readonly skipped = new Set<string>();

  /** What is parked, in the order of the log. */
  get all(): readonly ParkedEvent[] {
    return [...this.rows.values()].sort((a, b) => Number(a.position - b.position));
  }

  wish(stream: string, wish: Wish): void {
    for (const [key, row] of this.rows) if (row.stream === stream) this.rows.set(key, { ...row, wish });
  }

  load(_database: Queryable, consumer: string): Promise<readonly ParkedEvent[]> {
    return Promise.resolve([...this.rows].filter(([key]) => key.startsWith(`${consumer} `)).map(([, row]) => row));
  }

  async wishes(database: Queryable, consumer: string): Promise<ReadonlyMap<string, Wish>> {
    const rows = await this.load(database, consumer);
    return new Map(rows.flatMap(({ id, wish }) => (wish ? [[id, wish] as const] : [])));
  }

  isSkipped(_database: Queryable, consumer: string, eventId: string): Promise<boolean> {
    return Promise.resolve(this.skipped.has(`${consumer} ${eventId}`));
  }

  write(consumer: string, statements: readonly Statement[]): void {
    for (const { text, values } of statements) {
      const key = `${consumer} ${values[1] as string}`;
      const old = this.rows.get(key);
      if (text === PARK) this.rows.set(key, parkedFrom(values, old));
      else if (text === RELEASE) this.rows.delete(key);
      else if (text === NOTE_SKIPPED) this.skipped.add(key);
      else if (text === HOLD) {
        for (const { stream, more } of JSON.parse(values[1] as string) as { stream: string; more: number }[]) {
          const row = this.rows.get(`${consumer} ${stream}`);
          if (row) this.rows.set(`${consumer} ${stream}`, { ...row, behind: row.behind + more });
        }
      }
    }
  }
}

function parkedFrom(values: readonly unknown[], old: ParkedEvent | undefined): ParkedEvent {
  const [stream, id, eventId, type, position] = values.slice(1) as string[];
  const [revision, parkedAt, tries, behind, nextTryAt] = values.slice(6) as [number, string, string, number, string];
  return {
    ...{ stream: stream ?? '', id: id ?? '', eventId: eventId ?? '', type: type ?? '' },
    ...{ position: BigInt(position ?? 0), revision, parkedAt, tries: JSON.parse(tries) as Try[], behind, nextTryAt },
    wish: old?.id === id && old?.wish === 'skip' ? 'skip' : null,
  };
}
