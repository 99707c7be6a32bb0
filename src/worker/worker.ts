import { randomUUID } from 'node:crypto';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { Verdict } from './agent/verdict.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, isTransient, logged } from './api.ts';
import { Attempt } from './attempt.ts';
import { Capacity } from './capacity.ts';
import type { Claim } from './claim.ts';
import { claimRequest } from './claim.ts';
import type { WorkerConfig } from './config.ts';
import type { Journal, Undertaking } from './journal.ts';
import { persist } from './patience.ts';
import type { Reports } from './reports.ts';
import { settleUndertaking } from './reconcile.ts';

/** Somebody says that a request waits: a message of the queue, or a look at the list. */
export interface WakeUp {
  readonly requestId: string;
  readonly correlationId: string | null;
  readonly origin: 'queue' | 'sweep';
  /** Keeps the message from being delivered again for a while. */
  readonly extend?: () => void;
}

/** What became of a wake-up. The end of a run: the wake-up has done its work. */
export type Taken =
  | { readonly kind: 'running'; readonly ended: Promise<'recorded' | 'not-recorded'> }
  /** The wake-up has done its work, since the request is somebody's or past being claimed. */
  | { readonly kind: 'done' }
  /** Nothing could be begun now: it should come again soon. */
  | { readonly kind: 'full' }
  /** It should come again later. */
  | { readonly kind: 'later'; readonly afterSeconds: number };

export interface WorkerParts {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly journal: Journal;
  readonly reports: Reports;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Claims requests and runs an agent on each, as many at once as it may. It knows nothing of where the wake-ups come from. */
export class Worker {
  readonly capacity: Capacity;
  readonly #parts: WorkerParts;
  readonly #log: Logger;
  /** What is under way for a request, from its claim to its recorded end. */
  readonly #busy = new Map<string, { readonly isClaimed: Promise<boolean>; readonly isOver: Promise<unknown> }>();
  /** With their ends. */
  readonly #attempts = new Map<Attempt, Promise<Verdict>>();
  readonly #giveUp = new AbortController();
  #handingBack = false;
  #waiting = false;
  #unusable = 0;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.capacity = new Capacity(parts.config.concurrency);
  }

  /** Claims the request a wake-up speaks of, and begins to run it. */
  async take(wakeUp: WakeUp): Promise<Taken> {
    const { requestId } = wakeUp;
    const current = this.#busy.get(requestId);
    // A second wake-up for what runs here has nothing left to do; for what could not be claimed it has.
    if (current) return (await current.isClaimed) ? { kind: 'done' } : AGAIN_SOON;
    if (!this.capacity.tryTake()) return { kind: 'full' };
    const claiming = this.#claim(wakeUp);
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

  async #claim(wakeUp: WakeUp): Promise<Taken | { kind: 'claimed'; undertaking: Undertaking; claim: Claim }> {
    const { api, config, journal } = this.#parts;
    const { requestId, correlationId } = wakeUp;
    const runId = randomUUID();
    const undertaking: Undertaking = {
      runId,
      requestId,
      correlationId,
      since: new Date().toISOString(),
      claim: null,
      report: null,
    };
    const log = this.#log.child({ request_id: requestId, correlation_id: correlationId });
    await journal.write(undertaking);
    const answer = await claimRequest(api, {
      requestId,
      worker: config.name,
      runId,
      leaseSeconds: config.leaseSeconds,
      correlationId,
      signal: this.#giveUp.signal,
    });
    switch (answer.kind) {
      case 'claimed': {
        const { attempt, attemptToken } = answer.claim;
        log.info({ attempt, origin: wakeUp.origin, run_id: runId }, 'claimed');
        const claimed = { ...undertaking, claim: { attempt, attemptToken } };
        await journal.write(claimed);
        return { kind: 'claimed', undertaking: claimed, claim: answer.claim };
      }
      case 'not-ours':
        log.info({ code: answer.code, origin: wakeUp.origin }, 'not claimed');
        await journal.remove(runId);
        return { kind: 'done' };
      case 'unavailable':
        log.warn({ ...logged(answer.error), unclear: answer.unclear }, 'claim failed');
        if (answer.unclear) void this.#settle(undertaking);
        else await journal.remove(runId);
        if (isTransient(answer.error)) {
          this.#waitForService();
          return AGAIN_SOON;
        }
        // Its credentials are nothing that another request would change; a request that is not there says nothing about others.
        if (isOwnRefusal(answer.error)) this.capacity.pauseFor(REFUSED_PAUSE_MS, { probe: false });
        return { kind: 'later', afterSeconds: 60 };
    }
  }

  /** Begins nothing until the service answers again, so that messages are not used up on it while it is away. */
  #waitForService(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.capacity.hold();
    const look = () => this.#parts.api.call({ method: 'GET', path: '/pending?limit=1' });
    void persist(look, { signal: this.#giveUp.signal })
      .catch(() => undefined)
      .finally(() => {
        this.#waiting = false;
        this.capacity.release();
      });
  }

  /** A claim that may have been made without our knowing is looked for and handed back. */
  async #settle(undertaking: Undertaking): Promise<void> {
    try {
      await settleUndertaking(undertaking, this.#parts, this.#giveUp.signal);
    } catch (error) {
      this.#log.error(
        { ...logged(error), request_id: undertaking.requestId },
        'an unclear claim could not be settled: it is tried again at the next start',
      );
    }
  }

  async #run(wakeUp: WakeUp, undertaking: Undertaking, claim: Claim): Promise<'recorded' | 'not-recorded'> {
    const { config, api, journal, reports, environment } = this.#parts;
    const { requestId, correlationId, runId } = undertaking;
    const log = this.#log.child({ request_id: requestId, attempt: claim.attempt, correlation_id: correlationId });
    const onBeat = () => wakeUp.extend?.();
    const attempt = new Attempt({ config, api, log, requestId, runId, claim, correlationId, environment, onBeat });
    if (this.#handingBack) attempt.handBack('shutdown');
    // Gone from the list when it settles, and not later: a drain goes through the list until it is empty.
    const running = attempt.run().finally(() => this.#attempts.delete(attempt));
    this.#attempts.set(attempt, running);
    try {
      const verdict = await running;
      const ended = {
        ...undertaking,
        claim: { attempt: claim.attempt, attemptToken: claim.attemptToken },
        report: verdict.report,
      };
      await journal.write(ended);
      this.#learn(verdict, log);
      const resending = setInterval(onBeat, (config.leaseSeconds * 1000) / 3);
      try {
        return (await reports.send(ended, this.#giveUp.signal)) ? 'recorded' : 'not-recorded';
      } finally {
        clearInterval(resending);
      }
    } catch (error) {
      log.error({ ...logged(error) }, 'the run could not be brought to its end: the next start does it');
      return 'not-recorded';
    }
  }

  /** One run may tell something about all that would follow. */
  #learn({ pause, report }: Verdict, log: Logger): void {
    if (pause === null) {
      if (report.outcome !== 'released') {
        this.#unusable = 0;
        this.capacity.works();
      }
      return;
    }
    const ms =
      pause.cause === 'usage-limit' && pause.resumeAt !== null
        ? pause.resumeAt - Date.now()
        : Math.min(UNUSABLE_PAUSE_MS * 2 ** this.#unusable++, MAX_UNUSABLE_PAUSE_MS);
    this.capacity.pauseFor(ms, { probe: true });
    log.error(
      { cause: pause.cause, error_code: report.error_code, pause_ms: Math.round(ms) },
      'no request is claimed until the agent can work again',
    );
  }

  /**
   * Takes nothing more and waits for what runs, for so long; then hands it back. Settles when nothing runs any more and all reports
   * are accepted, or kept for the next start.
   */
  async drain(limitMs: number): Promise<void> {
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

  /** Stops all agents at once. */
  handBackAll(): void {
    this.#handingBack = true;
    for (const attempt of this.#attempts.keys()) attempt.handBack('shutdown');
  }
}

/** Before it is taken again, the service has answered. */
const AGAIN_SOON: Taken = { kind: 'later', afterSeconds: 5 };
const REFUSED_PAUSE_MS = 30_000;
const UNUSABLE_PAUSE_MS = 5 * 60_000;
const MAX_UNUSABLE_PAUSE_MS = 60 * 60_000;
/** How long a drain goes on trying to have its reports accepted, once the agents have ended. */
const REPORT_LIMIT_MS = 5_000;

function isOwnRefusal(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 401 || error.status === 403);
}
