import { isDeepStrictEqual } from 'node:util';
import type { RunFigures } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, ApiUnreachable, isTransient, logged } from './api.ts';
import { pause } from './patience.ts';

/** Why an agent has to stop although it works. */
export type LeaseEnd = 'cancel' | 'drain' | 'lease-lost';

export interface LeaseOptions {
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly requestId: string;
  readonly attempt: number;
  readonly attemptToken: string;
  readonly leaseSeconds: number;
  readonly correlationId: string | null;
  /** Of the run so far; they go along, so that a run that is killed still shows what it cost. */
  readonly figures: () => RunFigures;
  /** After each renewal, for whatever else must not run out. */
  readonly onBeat: () => void;
  /** At most once: the agent has to stop. */
  readonly onEnd: (reason: LeaseEnd) => void;
}

export interface Lease {
  /** Ends the heartbeats; settles when none is under way. */
  stop(): Promise<void>;
}

/**
 * Renews the lease of an attempt at each third of it. The run goes on while the service is away and the lease holds; when it can no
 * longer hold, the agent is stopped, because by then another worker may have the request.
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
          log.debug('the service keeps no leases: nothing is renewed');
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

  /** One try, given up early enough for more of them before the lease ends. What an agent says of its cost does not end its lease. */
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
        log.warn({ ...logged(error) }, 'the heartbeat was refused, and is sent again without its figures');
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

  /** The clock here began before the service's, and stops the agent in time for it to be gone when the lease is. */
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

/** A service of an earlier version has no such path. Once claimed, an attempt is always there, so 404 can mean nothing else. */
function isNoHeartbeatService(error: unknown): boolean {
  return error instanceof ApiRefusal && (error.status === 404 || error.status === 405);
}
