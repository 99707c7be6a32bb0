import { randomUUID } from 'node:crypto';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AgentUser } from './programs/agent-user.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, isTransient, logged } from './api.ts';
import type { Capacity } from './capacity.ts';
import { PassedOver } from './passed-over.ts';
import type { Claim } from './claim.ts';
import { claimRequest } from './claim.ts';
import type { ClaudeSessions } from './claude/sessions.ts';
import type { WorkerConfig } from './config.ts';
import type { Journal, Undertaking } from './journal.ts';
import { persist } from './patience.ts';
import { settleUndertaking } from './reconcile.ts';
import type { Reports } from './reports.ts';
import type { Workspaces } from './repository/workspace.ts';

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
  /** The wake-up has done its work, since the request is somebody's or past being claimed; `passOver`: it may well be listed again. */
  | { readonly kind: 'done'; readonly passOver?: boolean }
  /** Nothing could be begun now: it should come again soon. */
  | { readonly kind: 'full' }
  /** It should come again later. */
  | { readonly kind: 'later'; readonly afterSeconds: number };

/** A request that is ours from now on. */
export interface TakenOn {
  readonly kind: 'claimed';
  readonly undertaking: Undertaking;
  readonly claim: Claim;
}

export interface WorkerParts {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly journal: Journal;
  readonly reports: Reports;
  readonly workspaces: Workspaces;
  /** Null for an agent other than Claude Code with the kit. */
  readonly sessions: ClaudeSessions | null;
  readonly agentUser: AgentUser | null;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Takes requests on: claims them, and sees to it that a claim whose outcome is unknown is not left lying. */
export class Intake {
  readonly #parts: WorkerParts;
  readonly #capacity: Capacity;
  readonly #giveUp: AbortSignal;
  #waiting = false;
  readonly #passedOver = new PassedOver(MOST_PASSED_OVER);

  constructor(parts: WorkerParts, capacity: Capacity, giveUp: AbortSignal) {
    this.#parts = parts;
    this.#capacity = capacity;
    this.#giveUp = giveUp;
  }

  async claim(wakeUp: WakeUp): Promise<Taken | TakenOn> {
    const { api, config, journal, workspaces } = this.#parts;
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
    const log = this.#parts.log.child({ request_id: requestId, correlation_id: correlationId });
    if (this.#passedOver.has(requestId)) return { kind: 'later', afterSeconds: Math.ceil(this.#passOverMs / 1000) };
    const full = await workspaces.full();
    if (full !== null) {
      log.error({ reason: full }, 'no request is claimed');
      this.#capacity.pauseFor(FULL_PAUSE_MS, {
        probe: false,
        reason: 'Kept clones take more of the disk than they may.',
      });
      return { kind: 'later', afterSeconds: FULL_PAUSE_MS / 1000 };
    }
    await journal.write(undertaking);
    const answer = await claimRequest(api, {
      requestId,
      worker: config.name,
      runId,
      leaseSeconds: config.leaseSeconds,
      delivers: workspaces.delivers,
      correlationId,
      signal: this.#giveUp,
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
        return { kind: 'done', passOver: true };
      case 'unavailable':
        log.warn({ ...logged(answer.error), unclear: answer.unclear }, 'claim failed');
        if (answer.unclear) void this.#settle(undertaking);
        else await journal.remove(runId);
        if (isTransient(answer.error)) {
          this.#waitForService();
          return AGAIN_SOON;
        }
        // Its credentials are nothing that another request would change; a request that is not there says nothing about others.
        if (isOwnRefusal(answer.error)) {
          const reason = "The service refuses this worker's key.";
          this.#capacity.pauseFor(REFUSED_PAUSE_MS, { probe: false, reason });
        }
        return { kind: 'later', afterSeconds: 60 };
    }
  }

  /** Leaves a request to other workers for a while, and lets others go first after a pause. */
  passOver(requestId: string, pauseMs: number): void {
    this.#passedOver.note(requestId, pauseMs + this.#passOverMs);
  }

  get #passOverMs(): number {
    return PASS_OVER_MS * this.#parts.config.pauseScale;
  }

  /** Begins nothing until the service answers again, so that messages are not used up on it while it is away. */
  #waitForService(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#capacity.hold();
    const look = () => this.#parts.api.pending(1);
    void persist(look, { signal: this.#giveUp })
      .catch(() => undefined)
      .finally(() => {
        this.#waiting = false;
        this.#capacity.release();
      });
  }

  /** A claim that may have been made without our knowing is looked for and handed back. */
  async #settle(undertaking: Undertaking): Promise<void> {
    try {
      await settleUndertaking(undertaking, this.#parts, this.#giveUp);
    } catch (error) {
      this.#parts.log.error(
        { ...logged(error), request_id: undertaking.requestId },
        'an unclear claim could not be settled: it is tried again at the next start',
      );
    }
  }
}

/** Before it is taken again, the service has answered. */
export const AGAIN_SOON: Taken = { kind: 'later', afterSeconds: 5 };
const REFUSED_PAUSE_MS = 30_000;
const PASS_OVER_MS = 60_000;
const MOST_PASSED_OVER = 1_000;
const FULL_PAUSE_MS = 60_000;

function isOwnRefusal(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 401 || error.status === 403);
}
