import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptReport } from '../automation/domain/request.ts';
import { REPORTED_OUTCOMES } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { isObject } from './api.ts';
import { readRequestId, UUID } from './request-id.ts';

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

  /** Oldest first. A file that is not as this worker writes it is set aside, for people. */
  async readAll(log: Pick<Logger, 'error'>): Promise<readonly Undertaking[]> {
    const all: Undertaking[] = [];
    for (const name of (await readdir(this.#folder)).filter((it) => it.endsWith('.json'))) {
      const path = join(this.#folder, name);
      const undertaking = readUndertaking(await readFile(path, 'utf8').catch(() => ''), name);
      if (undertaking) all.push(undertaking);
      else {
        log.error({ file: path }, 'a file of the journal is not as it was written: set aside');
        await rename(path, `${path}.refused`);
      }
    }
    return all.sort((a, b) => a.since.localeCompare(b.since));
  }

  #file(runId: string): string {
    return join(this.#folder, `${runId}.json`);
  }
}

const OUTCOMES: readonly unknown[] = REPORTED_OUTCOMES;

/** Null for anything else than what {@link Journal.write} wrote to a file of this name. */
function readUndertaking(text: string, name: string): Undertaking | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { runId, requestId, correlationId, since, claim, report } = value;
  const isWhole =
    typeof runId === 'string' &&
    UUID.test(runId) &&
    name === `${runId}.json` &&
    readRequestId(requestId) !== null &&
    (correlationId === null || typeof correlationId === 'string') &&
    typeof since === 'string' &&
    !Number.isNaN(Date.parse(since)) &&
    (claim === null || isClaim(claim)) &&
    (report === null || (isObject(report) && OUTCOMES.includes(report.outcome) && claim !== null));
  return isWhole ? (value as unknown as Undertaking) : null;
}

function isClaim(value: unknown): boolean {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.attempt) &&
    Number(value.attempt) > 0 &&
    typeof value.attemptToken === 'string' &&
    // What goes into a header.
    /^[\x21-\x7e]*$/.test(value.attemptToken)
  );
}
