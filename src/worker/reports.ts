import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AttemptReport } from '../automation/domain/request.ts';
import type { AutomationApi } from './api.ts';
import { ApiRefusal, logged } from './api.ts';
import type { Journal, Undertaking } from './journal.ts';
import { persist } from './patience.ts';

/** An undertaking whose run is over. */
export type EndedUndertaking = Undertaking & {
  readonly claim: NonNullable<Undertaking['claim']>;
  readonly report: NonNullable<Undertaking['report']>;
};

/**
 * Sends end reports until they are accepted, because the service shows an attempt as running until then. A report is written to the
 * journal before it is sent, so neither an outage of the service nor a crash of the worker loses it.
 */
export class Reports {
  readonly #api: AutomationApi;
  readonly #journal: Journal;
  readonly #log: Logger;

  constructor({ api, journal, log }: { readonly api: AutomationApi; readonly journal: Journal; readonly log: Logger }) {
    this.#api = api;
    this.#journal = journal;
    this.#log = log;
  }

  /**
   * Sends a report and removes it from the journal.
   *
   * @returns true when the report was accepted or rejected for good; false when the signal was aborted first, in which case the journal
   * keeps it for the next start
   */
  async send(ended: EndedUndertaking, signal: AbortSignal): Promise<boolean> {
    const { requestId, claim, report, runId } = ended;
    const log = this.#log.child({ request_id: requestId, attempt: claim.attempt });
    const tell = (body: AttemptReport, idempotencyKey: string) =>
      this.#api.report(requestId, claim.attempt, body, {
        // Without a token (the answer to the claim was lost), the worker's own key is sent.
        ...(claim.attemptToken === '' ? {} : { token: claim.attemptToken }),
        idempotencyKey,
        correlationId: ended.correlationId,
        signal,
      });
    // Invalid figures from the agent must not block the report.
    const call = () =>
      tell(report, `${runId}-report`).catch((error: unknown) => {
        if (!(error instanceof ApiRefusal) || error.status !== 400) throw error;
        log.warn({ ...logged(error) }, 'end report refused; sending it again without its figures');
        return tell(withoutFigures(report), `${runId}-report-without-figures`);
      });
    const onFailure = (error: unknown, waitMs: number) => {
      log.warn({ ...logged(error), retry_in_ms: Math.round(waitMs) }, 'end report not accepted; sending it again');
    };
    try {
      await persist(call, { signal, onFailure });
      log.info({ outcome: report.outcome, error_code: report.error_code }, 'end report accepted');
      await this.#journal.remove(runId);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof ApiRefusal)) throw error;
      log.error({ ...logged(error), outcome: report.outcome }, 'end report refused for good; set aside');
      await this.#journal.setAside(runId);
      return true;
    }
  }
}

function withoutFigures(report: AttemptReport): AttemptReport {
  const {
    num_turns: _turns,
    cost_usd: _cost,
    usage: _usage,
    duration_ms: _duration,
    exit_code: _code,
    ...rest
  } = report;
  return rest;
}
