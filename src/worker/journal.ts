import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptReport } from '../automation/domain/request.ts';
import { isObject } from './api.ts';

/** What this worker has taken on: written before the claim, so that whatever kills the worker, the next one of its name knows. */
export interface Undertaking {
  /** Marks the processes of the run; also the attempt's session id. */
  readonly runId: string;
  readonly requestId: string;
  readonly correlationId: string | null;
  readonly since: string;
  /** Null until the claim is answered. */
  readonly claim: { readonly attempt: number; readonly attemptToken: string } | null;
  /** Null until the run has ended; then it is sent until it is accepted. */
  readonly report: AttemptReport | null;
}

/**
 * One file for each undertaking, readable by its owner only, since it holds the attempt's token. A file is replaced whole and
 * flushed: after a power cut there is the old one or the new one.
 */
export class Journal {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** No other may be open on the folder: what a kill left half-written is removed. */
  static async open(stateDir: string): Promise<Journal> {
    const folder = join(stateDir, 'attempts');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const drafts = (await readdir(folder)).filter((name) => name.endsWith('.draft'));
    for (const name of drafts) await rm(join(folder, name), { force: true });
    return new Journal(folder);
  }

  async write(undertaking: Undertaking): Promise<void> {
    const file = this.#file(undertaking.runId);
    const draft = `${file}.draft`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(undertaking)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  }

  async remove(runId: string): Promise<void> {
    await rm(this.#file(runId), { force: true });
  }

  /** What the service will never accept is kept for people, out of the way. */
  async setAside(runId: string): Promise<void> {
    await rename(this.#file(runId), join(this.#folder, `${runId}.refused`));
  }

  /** Oldest first. A file that cannot be read is passed over: half a draft, or something that is not ours. */
  async readAll(): Promise<readonly Undertaking[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
    const all = await Promise.all(names.map((name) => this.#read(join(this.#folder, name))));
    return all.filter((it) => it !== null).sort((a, b) => a.since.localeCompare(b.since));
  }

  async #read(file: string): Promise<Undertaking | null> {
    try {
      const value: unknown = JSON.parse(await readFile(file, 'utf8'));
      const whole = isObject(value) && typeof value.runId === 'string' && typeof value.requestId === 'string';
      return whole ? (value as unknown as Undertaking) : null;
    } catch {
      return null;
    }
  }

  #file(runId: string): string {
    return join(this.#folder, `${runId}.json`);
  }
}
