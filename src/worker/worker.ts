import type { Logger } from '../infrastructure/observability/logger.ts';
import { firstCodePoints, redact } from './programs/output-tail.ts';
import type { Verdict } from './agent/verdict.ts';
import { logged } from './api.ts';
import { Attempt } from './attempt.ts';
import { Capacity } from './capacity.ts';
import type { Claim } from './claim.ts';
import type { Taken, WakeUp, WorkerParts } from './intake.ts';
import { AGAIN_SOON, Intake } from './intake.ts';
import type { Undertaking } from './journal.ts';
import { Pauses } from './pauses.ts';
import { Refusals } from './refusals.ts';

/** Claims requests and runs an agent on each, up to its capacity. Independent of where wake-ups come from. */
export class Worker {
  readonly capacity: Capacity;
  readonly #intake: Intake;
  readonly #parts: WorkerParts;
  readonly #log: Logger;
  /** Requests in progress by id, from the claim to the recorded end. */
  readonly #busy = new Map<string, { readonly isClaimed: Promise<boolean>; readonly isOver: Promise<unknown> }>();
  /** Running attempts with their verdicts. */
  readonly #attempts = new Map<Attempt, Promise<Verdict>>();
  readonly #giveUp = new AbortController();
  /** A claim that is answered from then on is handed back. */
  #stopping = false;
  readonly #pauses: Pauses;
  readonly #refusals = new Refusals();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.capacity = new Capacity(parts.config.concurrency);
    this.#pauses = new Pauses({ scale: parts.config.pauseScale });
    this.#intake = new Intake(parts, this.capacity, this.#giveUp.signal);
  }

  /** Claims the request of a wake-up and starts its run. */
  async take(wakeUp: WakeUp): Promise<Taken> {
    const { requestId } = wakeUp;
    const current = this.#busy.get(requestId);
    // A second wake-up for a request that runs here is done; one for a request that could not be claimed has to try again.
    if (current) return (await current.isClaimed) ? { kind: 'done' } : AGAIN_SOON;
    if (!this.capacity.tryTake()) return { kind: 'full' };
    const claiming = this.#intake.claim(wakeUp);
    const running = claiming.then((taken) =>
      taken.kind === 'claimed' ? this.#run(wakeUp, taken.undertaking, taken.claim) : 'not-recorded',
    );
    const ended = running.finally(() => {
      this.#busy.delete(requestId);
      this.capacity.giveBack();
    });
    this.#busy.set(requestId, {
      isClaimed: claiming.then(({ kind }) => kind !== 'later').catch(() => false),
      isOver: ended.catch(() => undefined),
    });
    const taken = await claiming;
    return taken.kind === 'claimed' ? { kind: 'running', ended } : taken;
  }

  async #run(wakeUp: WakeUp, undertaking: Undertaking, claim: Claim): Promise<'recorded' | 'not-recorded'> {
    const { config, journal, reports } = this.#parts;
    const { requestId, correlationId, runId } = undertaking;
    const log = this.#log.child({ request_id: requestId, attempt: claim.attempt, correlation_id: correlationId });
    const onBeat = () => wakeUp.extend?.();
    const attempt = new Attempt({ ...this.#parts, log, requestId, runId, claim, correlationId, onBeat });
    if (this.#stopping) attempt.handBack('shutdown');
    // Removed as soon as it settles: a drain loops until the map is empty.
    const running = attempt.run().finally(() => this.#attempts.delete(attempt));
    this.#attempts.set(attempt, running);
    try {
      const verdict = this.#refusals.judge(requestId, await running);
      const pauseMs = this.#learn(verdict, log);
      // The API may reject only this request, so another one is tried first.
      if (verdict.report.error_code === 'work-elsewhere' || verdict.pause?.cause === 'refusal')
        this.#intake.passOver(requestId, pauseMs);
      const ended = {
        ...undertaking,
        claim: { attempt: claim.attempt, attemptToken: claim.attemptToken },
        report: verdict.report,
      };
      await journal.write(ended);
      const resending = setInterval(onBeat, (config.leaseSeconds * 1000) / 3);
      try {
        return (await reports.send(ended, this.#giveUp.signal)) ? 'recorded' : 'not-recorded';
      } finally {
        clearInterval(resending);
      }
    } catch (error) {
      log.error({ ...logged(error) }, 'could not finish the run; the next start will');
      return 'not-recorded';
    }
  }

  /** Pauses claiming when the run's failure would affect every other run. Returns the length of the pause in ms; 0 for none. */
  #learn(verdict: Verdict, log: Logger): number {
    const { report, pause } = verdict;
    const pauseMs = this.#pauses.after(verdict, Date.now());
    if (pauseMs !== null) {
      const said = redact(report.error_message ?? '', [])
        .replaceAll(/\s+/g, ' ')
        .trim();
      const reason = firstCodePoints(said, MAX_REASON).trim() || 'The agent cannot work.';
      this.capacity.pauseFor(pauseMs, { probe: true, reason });
      log.error(
        { cause: pause?.cause, error_code: report.error_code, reason, pause_ms: Math.round(pauseMs) },
        pauseMs === Infinity
          ? 'claiming no requests until the worker is reconfigured and restarted'
          : 'claiming no requests until the agent works again',
      );
    } else if (report.outcome !== 'released') {
      this.capacity.works();
    }
    return pauseMs ?? 0;
  }

  /**
   * Stops claiming, waits up to `limitMs` ms for the runs, and then hands the rest back. Resolves when no run is left and every report
   * was accepted or is kept for the next start.
   */
  async drain(limitMs: number): Promise<void> {
    this.#stopping = true;
    this.capacity.close();
    const limit = setTimeout(() => {
      this.handBackAll();
    }, limitMs);
    while (this.#attempts.size > 0) await Promise.allSettled([...this.#attempts.values()]);
    const patience = setTimeout(() => {
      this.#giveUp.abort();
    }, REPORT_LIMIT_MS);
    while (this.#busy.size > 0) await Promise.all([...this.#busy.values()].map(({ isOver }) => isOver));
    clearTimeout(limit);
    clearTimeout(patience);
    this.#giveUp.abort();
  }

  /** Stops all agents and hands their requests back. */
  handBackAll(): void {
    for (const attempt of this.#attempts.keys()) attempt.handBack('shutdown');
  }
}

/** Maximum length of a reason in the API. */
const MAX_REASON = 200;
/** How long a drain keeps sending reports after the agents have ended. */
const REPORT_LIMIT_MS = 5_000;
