import { isDeepStrictEqual } from 'node:util';
import type { RunFigures } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, ApiUnreachable, isTransient, logged } from './api.ts';
import { pause } from '../infrastructure/backoff.ts';

/** Why a running agent has to stop. */
export type LeaseEnd = 'cancel' | 'drain' | 'lease-lost';

export interface LeaseOptions {
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly requestId: string;
  readonly attempt: number;
  readonly attemptToken: string;
  readonly leaseSeconds: number;
  readonly correlationId: string | null;
  /** Figures of the run so far. Sent with each heartbeat, so that even a killed run shows what it cost. */
  readonly figures: () => RunFigures;
  /** Called after each renewal, to extend other timeouts. */
  readonly onBeat: () => void;
  /** Called at most once, when the agent has to stop. */
  readonly onEnd: (reason: LeaseEnd) => void;
}

export interface Lease {
  /** Stops the heartbeats. Resolves when none is in flight. */
  stop(): Promise<void>;
}

/**
 * Renews the lease of an attempt every third of its duration. During an outage of the service the run continues as long as the lease
 * lasts. Before it expires the agent is stopped, because another worker may then claim the request.
 */
export function holdLease(options: LeaseOptions): Lease {
  const holder = new LeaseHolder(options);
  const beating = holder.beat();
  return {
    stop: () => {
      holder.release();
      return beating;
    },
  };
}

class LeaseHolder {
  readonly #options: LeaseOptions;
  readonly #abort = new AbortController();
  #expiry: NodeJS.Timeout | undefined;
  #sent: RunFigures = {};

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#held(performance.now());
  }

  async beat(): Promise<void> {
    const { log, leaseSeconds } = this.#options;
    const intervalMs = (leaseSeconds * 1000) / 3;
    let waitMs = intervalMs;
    while (await pause(waitMs, this.#abort.signal)) {
      try {
        await this.#renew();
        waitMs = intervalMs;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (isNoHeartbeatService(error)) {
          log.debug('the service has no leases; nothing to renew');
          clearTimeout(this.#expiry);
          this.#options.onBeat();
          waitMs = intervalMs;
          continue;
        }
        log.warn({ ...logged(error) }, 'the lease was not renewed');
        if (error instanceof ApiRefusal && !isTransient(error)) this.#end('lease-lost');
        waitMs = Math.min(intervalMs / 4, 5_000);
      }
    }
  }

  release(): void {
    clearTimeout(this.#expiry);
    this.#abort.abort();
  }

  /**
   * Sends one heartbeat. Times out after a sixth of the lease, which leaves time for retries. Figures that the service rejects are left
   * out, so that they cannot cost the agent its lease.
   */
  async #renew(): Promise<void> {
    const { api, log, requestId, attempt, attemptToken, correlationId } = this.#options;
    const asked = performance.now();
    const figures = this.#options.figures();
    const late = AbortSignal.timeout((this.#options.leaseSeconds * 1000) / 6);
    const signal = AbortSignal.any([this.#abort.signal, late]);
    const tell = (body: RunFigures) =>
      api.heartbeat(requestId, attempt, body, { token: attemptToken, correlationId, signal });
    const isNew = !isDeepStrictEqual(figures, this.#sent);
    const { directives } = await tell(isNew ? figures : {})
      .catch((error: unknown) => {
        if (!isNew || !(error instanceof ApiRefusal) || error.status !== 400) throw error;
        log.warn({ ...logged(error) }, 'heartbeat refused; sending it again without its figures');
        return tell({});
      })
      .catch((error: unknown) => {
        throw late.aborted ? new ApiUnreachable('No answer in time for another try.', { cause: error }) : error;
      });
    this.#sent = figures;
    this.#held(asked);
    this.#options.onBeat();
    const directive = readDirective(directives);
    if (directive) this.#end(directive);
  }

  /**
   * Schedules the end of the lease at 7/8 of its duration, so that the agent is gone when it expires. `since` is when the renewal was
   * sent, which is before the service's own start of the lease.
   */
  #held(since: number): void {
    const leaseMs = this.#options.leaseSeconds * 1000;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(
      () => {
        this.#end('lease-lost');
      },
      since + leaseMs - leaseMs / 8 - performance.now(),
    );
  }

  #end(reason: LeaseEnd): void {
    this.release();
    this.#options.onEnd(reason);
  }
}

function readDirective(directives: readonly string[]): 'cancel' | 'drain' | null {
  if (directives.includes('cancel')) return 'cancel';
  return directives.includes('drain') ? 'drain' : null;
}

/** Earlier versions of the service have no heartbeats. A claimed attempt always exists, so a 404 has no other cause. */
function isNoHeartbeatService(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 404 || error.status === 405);
}
