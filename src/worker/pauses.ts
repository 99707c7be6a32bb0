import type { AttemptReport } from '../automation/domain/request.ts';
import type { Verdict } from './agent/verdict.ts';

export interface Consequence {
  /** The verdict's, with the time at which the request goes on where the agent did not say one. */
  readonly report: AttemptReport;
  /** How long no request is claimed, in ms; null when the run gives no reason to wait. */
  readonly pauseMs: number | null;
}

const UNKNOWN_LIMIT_MS = { first: 60_000, most: 30 * 60_000 };
const UNUSABLE_MS = { first: 5 * 60_000, most: 60 * 60_000 };

/**
 * How long a worker waits after runs that said something about all that would follow: a usage limit until it ends, or twice as long
 * each time in a row where nobody says when; an agent that cannot work at all likewise.
 */
export class Pauses {
  #unknownLimits = 0;
  #unusable = 0;

  /** @param now epoch ms */
  after({ report, pause }: Verdict, now: number): Consequence {
    if (pause === null) {
      // A run that was handed back says nothing of whether the agent works.
      if (report.outcome !== 'released') this.#unknownLimits = this.#unusable = 0;
      return { report, pauseMs: null };
    }
    if (pause.cause === 'agent-unusable') return { report, pauseMs: doubled(UNUSABLE_MS, this.#unusable++) };
    if (pause.resumeAt !== null) return { report, pauseMs: pause.resumeAt - now };
    const pauseMs = doubled(UNKNOWN_LIMIT_MS, this.#unknownLimits++);
    return { report: { ...report, resume_at: new Date(now + pauseMs).toISOString() }, pauseMs };
  }
}

function doubled({ first, most }: { readonly first: number; readonly most: number }, times: number): number {
  return Math.min(first * 2 ** times, most);
}
