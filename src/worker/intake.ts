import { hash, randomUUID } from 'node:crypto';
import type { AgentMark } from '../automation/domain/request.ts';
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

/** A hint that a request is waiting, from a queue message or from the list of pending requests. */
export interface WakeUp {
  readonly requestId: string;
  readonly correlationId: string | null;
  readonly origin: 'queue' | 'sweep';
  /** Extends the visibility timeout of the message. */
  readonly extend?: () => void;
}

/** Result of a wake-up. */
export type Taken =
  | { readonly kind: 'running'; readonly ended: Promise<'recorded' | 'not-recorded'> }
  /** Nothing left to do: the request is claimed or no longer claimable. `passOver` means that it may still be listed as pending. */
  | { readonly kind: 'done'; readonly passOver?: boolean }
  /** No run can start now. Try again soon. */
  | { readonly kind: 'full' }
  /** Try again later. */
  | { readonly kind: 'later'; readonly afterSeconds: number };

/** A request this worker has claimed. */
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
  /** Null unless the agent is Claude Code with the kit. */
  readonly sessions: ClaudeSessions | null;
  readonly agentUser: AgentUser | null;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Claims requests. A claim whose outcome is unknown is settled in the background. */
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
      log.error({ reason: full }, 'claiming no requests');
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
      agent: this.#agentMark(),
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
        // A refused key would fail for every request, so all claiming pauses; other refusals, such as 404, concern this request only.
        if (isOwnRefusal(answer.error)) {
          const reason = "The service refuses this worker's key.";
          this.#capacity.pauseFor(REFUSED_PAUSE_MS, { probe: false, reason });
        }
        return { kind: 'later', afterSeconds: 60 };
    }
  }

  #agentMark(): AgentMark {
    const { config, sessions } = this.#parts;
    const kit = sessions?.kit;
    return {
      ...(kit ? { kit_version: kit.version, kit_sha256: kit.sha256 } : {}),
      prompt_sha256: hash('sha256', JSON.stringify(config.agentCommand), 'hex'),
    };
  }

  /** Skips a request until a minute (scaled by `pauseScale`) after a pause of `pauseMs`, so that other workers or requests go first. */
  passOver(requestId: string, pauseMs: number): void {
    this.#passedOver.note(requestId, pauseMs + this.#passOverMs);
  }

  get #passOverMs(): number {
    return PASS_OVER_MS * this.#parts.config.pauseScale;
  }

  /** Stops claiming until the service answers again, so that an outage does not use up the receives of queue messages. */
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

  /** Looks for a claim that may have taken effect, and hands it back. */
  async #settle(undertaking: Undertaking): Promise<void> {
    try {
      await settleUndertaking(undertaking, this.#parts, this.#giveUp);
    } catch (error) {
      this.#parts.log.error(
        { ...logged(error), request_id: undertaking.requestId },
        'could not settle an unclear claim; the next start will try again',
      );
    }
  }
}

/** Try again in 5 s. During an outage, the held capacity delays that until the service answers. */
export const AGAIN_SOON: Taken = { kind: 'later', afterSeconds: 5 };
const REFUSED_PAUSE_MS = 30_000;
const PASS_OVER_MS = 60_000;
const MOST_PASSED_OVER = 1_000;
const FULL_PAUSE_MS = 60_000;

function isOwnRefusal(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 401 || error.status === 403);
}
