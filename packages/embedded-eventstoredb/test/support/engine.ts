import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from 'embedded-eventstoredb/engine';
import type { EngineOptions, ExpectedRevision, NewEvent, RecordedEvent } from 'embedded-eventstoredb/engine';

/** A new directory for each test, and every engine opened on it; `clean` closes and removes all. */
export class EngineBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-'));
  readonly #engines: Engine[] = [];

  open(options: Partial<EngineOptions> = {}): Engine {
    const engine = Engine.open({ path: this.directory, ...options });
    this.#engines.push(engine);
    return engine;
  }

  async clean(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A small JSON event; events of equal label in one test get equal ids through `idOf`. */
export function event(label: string, id: string = randomUUID(), size = 0): NewEvent {
  return {
    id,
    type: `type-${label}`,
    isJson: true,
    data: Buffer.from(JSON.stringify({ label, pad: 'x'.repeat(size) })),
    metadata: Buffer.from(JSON.stringify({ of: label })),
  };
}

export const labelOf = (recorded: RecordedEvent): string =>
  (JSON.parse(Buffer.from(recorded.data).toString()) as { label: string }).label;

/** Appends one event per letter. */
export function fill(engine: Engine, stream: string, letters: string, expectedRevision: ExpectedRevision = 'any') {
  return engine.append({ stream, expectedRevision, events: [...letters].map((letter) => event(letter)) });
}

/** "0:a 1:b", or the status of a stream that cannot be read. */
export function content(engine: Engine, stream: string, direction: 'forwards' | 'backwards' = 'forwards'): string {
  const from = direction === 'forwards' ? 'start' : 'end';
  const read = engine.readStream({ stream, direction, from, maxCount: 1000 });
  if (read.status !== 'found') return read.status;
  return read.events.map((recorded) => `${recorded.revision}:${labelOf(recorded)}`).join(' ');
}

/** Everything in the log except the events that every new log starts with. */
export const OWN = { kind: 'stream-regex', pattern: '^[^$]|^\\$\\$[^$]' } as const;
