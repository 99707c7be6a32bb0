import { firstCodePoints } from './programs/output-tail.ts';
import type { Verdict } from './agent/verdict.ts';

/** A request fails after this many refusals with other answers of the API in between. */
const TRIES = 3;
/** The oldest refusals are dropped beyond this number. */
const MOST_REMEMBERED = 1_000;
const MAX_MESSAGE = 4_000;

/**
 * Distinguishes a request that the model's API rejects for an unknown reason from an API that rejects everything: the former is rejected
 * repeatedly while other requests are answered. Counts are kept in memory and lost on restart.
 */
export class Refusals {
  /** By request id, oldest first. */
  readonly #refused = new Map<string, { readonly times: number; readonly answeredSince: boolean }>();

  /** Returns the verdict, changed to `failed` when the request itself is why the API keeps rejecting it. */
  judge(requestId: string, verdict: Verdict): Verdict {
    const { report, pause } = verdict;
    if (Number(report.usage?.output_tokens ?? 0) > 0) this.#noteAnswer();
    if (pause?.cause !== 'refusal' || report.outcome !== 'released') {
      this.#refused.delete(requestId);
      return verdict;
    }
    const before = this.#refused.get(requestId) ?? { times: 0, answeredSince: true };
    const times = before.times + (before.answeredSince ? 1 : 0);
    this.#refused.delete(requestId);
    if (times < TRIES) {
      this.#remember(requestId, times);
      return verdict;
    }
    const message = `${report.error_message ?? ''}\nIt did so ${TRIES} times, and answered others in between.`;
    const error_message = firstCodePoints(message.trim(), MAX_MESSAGE);
    return { report: { ...report, outcome: 'failed', error_code: 'agent-error', error_message }, pause: null };
  }

  #remember(requestId: string, times: number): void {
    this.#refused.set(requestId, { times, answeredSince: false });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MOST_REMEMBERED && oldest !== undefined) this.#refused.delete(oldest);
  }

  #noteAnswer(): void {
    for (const [id, { times }] of this.#refused) this.#refused.set(id, { times, answeredSince: true });
  }
}
