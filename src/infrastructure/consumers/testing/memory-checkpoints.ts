import type { Queryable } from '../../postgres/database.ts';
import type { Checkpoint, Checkpoints, Move, Statement } from '../checkpoints.ts';
import { CheckpointMovedError } from '../checkpoints.ts';

/** Checkpoints in memory; records all commits. */
export class MemoryCheckpoints implements Checkpoints {
  readonly places = new Map<string, bigint | null>();
  readonly commits: (Move & { readonly statements: readonly Statement[] })[] = [];
  /** Error of the next commit, which then writes nothing. */
  failure: Error | null = null;
  /** Commits wait for this promise. */
  gate: Promise<void> = Promise.resolve();
  readonly #write: (consumer: string, statements: readonly Statement[]) => void;

  /** `write` runs the statements of a commit; if it throws, nothing is committed. */
  constructor(write: (consumer: string, statements: readonly Statement[]) => void = () => undefined) {
    this.#write = write;
  }

  read(_database: Queryable, consumer: string): Promise<Checkpoint | null> {
    const position = this.places.get(consumer);
    return Promise.resolve(position === undefined ? null : { version: 1, position });
  }

  async commit(_database: Queryable, consumer: string, move: Move, statements: readonly Statement[]): Promise<void> {
    await this.gate;
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
    if (this.places.get(consumer) !== move.from) throw new CheckpointMovedError(consumer);
    this.#write(consumer, statements);
    this.places.set(consumer, move.to);
    this.commits.push({ ...move, statements });
  }
}
