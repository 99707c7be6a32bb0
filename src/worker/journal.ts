import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptReport } from '../automation/domain/request.ts';
import { REPORTED_OUTCOMES } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { replaceFile } from '../infrastructure/replace-file.ts';
import { isObject } from './api.ts';
import { readRequestId, UUID } from './request-id.ts';

/** A run of this worker. Written before the claim, so that after a crash the next worker of the same name can settle it. */
export interface Undertaking {
  /** UUID. Marks the processes of the run, and is the attempt's session id. */
  readonly runId: string;
  readonly requestId: string;
  readonly correlationId: string | null;
  /** RFC 3339. */
  readonly since: string;
  /** Null until the claim is answered. */
  readonly claim: { readonly attempt: number; readonly attemptToken: string } | null;
  /** Null until the run has ended. Sent until the service accepts it. */
  readonly report: AttemptReport | null;
}

/**
 * Stores undertakings, one file each, readable only by the owner because it holds the attempt's token. Files are flushed and replaced
 * atomically, so a power failure leaves the old version or the new one.
 */
export class Journal {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Only one journal may be open per folder, because drafts left by a crash are removed. */
  static async open(stateDir: string): Promise<Journal> {
    const folder = join(stateDir, 'attempts');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const drafts = (await readdir(folder)).filter((name) => name.endsWith('.draft'));
    for (const name of drafts) await rm(join(folder, name), { force: true });
    return new Journal(folder);
  }

  async write(undertaking: Undertaking): Promise<void> {
    await replaceFile(this.#file(undertaking.runId), `${JSON.stringify(undertaking)}\n`);
  }

  async remove(runId: string): Promise<void> {
    await rm(this.#file(runId), { force: true });
  }

  /** Keeps a report that the service rejected for good in a `.refused` file, for an operator to inspect. */
  async setAside(runId: string): Promise<void> {
    await rename(this.#file(runId), join(this.#folder, `${runId}.refused`));
  }

  /** All undertakings, oldest first. Malformed files are renamed to `.refused` and logged. */
  async readAll(log: Pick<Logger, 'error'>): Promise<readonly Undertaking[]> {
    const all: Undertaking[] = [];
    for (const name of (await readdir(this.#folder)).filter((it) => it.endsWith('.json'))) {
      const path = join(this.#folder, name);
      const undertaking = readUndertaking(await readFile(path, 'utf8').catch(() => ''), name);
      if (undertaking) all.push(undertaking);
      else {
        log.error({ file: path }, 'a damaged journal file was set aside');
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

/** Parses a file written by {@link Journal.write}; null when it is malformed or its name does not match. */
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
    // Valid in a header.
    /^[\x21-\x7e]*$/.test(value.attemptToken)
  );
}
