import { firstCodePoints } from './programs/output-tail.ts';
import type { Verdict } from './agent/verdict.ts';

/** That many refusals, each after the API had answered something, and the request is to blame. */
const TRIES = 3;
/** Beyond that the one that was refused first is forgotten. */
const MOST_REMEMBERED = 1_000;
const MAX_MESSAGE = 4_000;

/**
 * Tells a request that the API of the model refuses, for a reason that nobody knows, from an API that refuses everything: the one is
 * refused again and again while others are answered. It is kept in memory; a worker that is started anew begins to count anew.
 */
export class Refusals {
  /** By request; oldest first. */
  readonly #refused = new Map<string, { readonly times: number; readonly answeredSince: boolean }>();

  /** How a run ended, in the light of those before it: one that is to blame for its refusal has failed. */
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
