import { Worker } from 'node:worker_threads';
import type { EventTable } from './event-table.ts';

/** The size of the write-ahead log is checked after this many commits, or this many bytes of events. */
const LOOK_COMMITS = 32;
const LOOK_BYTES = 1024 * 1024;

/** A checkpoint starts at this many frames of 4 KiB (8 MiB): many commits, but quick to copy. */
const START_FRAMES = 2048;

/** The writing thread may copy this many frames itself without delaying commits: those written during the checkpoint. */
const INLINE_FRAMES = 512;

/** At this many frames (128 MiB) the writing thread copies the rest, so that the file cannot grow without limit. */
const MAX_FRAMES = 32_768;

/**
 * Copies the write-ahead log into the database in a separate thread, so that commits do not wait for it. The thread
 * copies nearly everything while commits continue; the few frames added meanwhile are copied here, after which SQLite
 * restarts the write-ahead log. The thread is only created when there is something to copy.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #table: EventTable;
  #worker: Worker | undefined;
  #running = false;
  #broken = false;
  #commits = 0;
  #bytes = 0;

  constructor(file: string, table: EventTable) {
    this.#file = file;
    this.#table = table;
  }

  /** Call after every commit, with the approximate number of bytes it wrote. */
  committed(bytes: number): void {
    this.#commits += 1;
    this.#bytes += bytes;
    if (this.#commits < LOOK_COMMITS && this.#bytes < LOOK_BYTES) return;
    this.#commits = 0;
    this.#bytes = 0;
    const frames = this.#table.walFrames();
    if (frames >= MAX_FRAMES || (this.#broken && frames >= START_FRAMES)) this.#table.checkpoint();
    else if (frames >= START_FRAMES && !this.#running) this.#start();
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): void {
    this.#running = true;
    this.#worker ??= this.#spawn();
    this.#worker.postMessage(this.#file);
  }

  #spawn(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./checkpoint-thread.${extension}`, import.meta.url), {
      execArgv: [],
      name: 'embedded-eventstoredb checkpoint',
    });
    worker.unref();
    worker.on('message', ([frames, copied]: [number, number]) => {
      this.#running = false;
      if (this.#worker && this.#table.walFrames() - copied <= INLINE_FRAMES && frames > 0) this.#table.checkpoint();
    });
    worker.on('error', () => {
      // Without the thread, checkpoints run between commits instead.
      this.#broken = true;
      this.#worker = undefined;
    });
    return worker;
  }
}
