import type { AttemptReport } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { MARK_NAME } from './agent/environment.ts';
import { endProcesses } from './agent/processes.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import { findLostClaim } from './claim.ts';
import { settleWork } from './delivery.ts';
import type { Journal, Undertaking } from './journal.ts';
import type { WorkerConfig } from './config.ts';
import { pause } from '../infrastructure/backoff.ts';
import { persist } from './patience.ts';
import type { EndedUndertaking, Reports } from './reports.ts';
import type { Workspaces } from './repository/workspace.ts';

interface Parts {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly journal: Journal;
  readonly reports: Reports;
  readonly workspaces: Workspaces;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Cleans up after an earlier run of this worker that was killed: ends its agents, sends its reports, and hands its claims back.
 * Resolves when the agents have ended. `settled` resolves when the service has accepted the rest, or when the signal is aborted.
 */
export async function reconcile(parts: Parts, signal: AbortSignal): Promise<{ readonly settled: Promise<unknown> }> {
  const left = await parts.journal.readAll(parts.log);
  for (const { runId, requestId } of left) {
    const { found, gone } = await endProcesses(markOf(runId), 0);
    if (found > 0)
      parts.log.warn({ request_id: requestId, found, gone }, 'ended processes that this worker had left running');
  }
  const settle = async (undertaking: Undertaking): Promise<void> => {
    try {
      await settleUndertaking(undertaking, parts, signal);
    } catch (error) {
      if (!signal.aborted)
        parts.log.error(
          { ...logged(error), request_id: undertaking.requestId },
          'could not settle an attempt of a previous run',
        );
    }
  };
  const strays = (await parts.workspaces.left()).filter((runId) => !left.some((it) => it.runId === runId));
  const salvage = (runId: string) =>
    salvageClone(runId, parts, signal).catch((error: unknown) => {
      parts.log.error({ err: error, run_id: runId }, 'could not publish the work of a previous run');
    });
  return { settled: Promise.all([...left.map(settle), ...strays.map(salvage)]) };
}

/** Ends an undertaking whose run is gone, and sends its report. @throws the service's error when it is not transient */
export async function settleUndertaking(undertaking: Undertaking, parts: Parts, signal: AbortSignal): Promise<void> {
  const { api, journal, reports } = parts;
  const { requestId, runId } = undertaking;
  const onFailure = (error: unknown, waitMs: number) => {
    parts.log.warn(
      { ...logged(error), request_id: requestId, retry_in_ms: Math.round(waitMs) },
      'waiting for the service to settle an attempt',
    );
  };
  let claim = undertaking.claim;
  if (!claim) {
    const look = () => persist(() => findLostClaim(api, requestId, runId), { signal, onFailure });
    // A claim in flight may take effect after the first look.
    const attempt = (await look()) ?? ((await pause(SECOND_LOOK_MS, signal)) ? await look() : null);
    if (signal.aborted) return;
    if (attempt === null) return journal.remove(runId);
    claim = { attempt, attemptToken: '' };
  }
  const report =
    undertaking.report ??
    (undertaking.claim === null
      ? NEVER_BEGUN
      : await persist(() => reportOfLoss(api, requestId), { signal, onFailure }));
  // Before the report, because another attempt may then continue from this work.
  const settled = undertaking.report
    ? await salvageClone(runId, parts, signal).then(() => report)
    : await settleLeft({ ...undertaking, claim, report }, parts, signal);
  const ended = { ...undertaking, claim, report: settled };
  await journal.write(ended);
  await reports.send(ended, signal);
}

/** Takes over the agent's work, and delivers it if it is finished and the attempt is still live. Returns the report to send. */
async function settleLeft(
  { runId, requestId, correlationId, claim, report: known }: EndedUndertaking,
  parts: Parts,
  signal: AbortSignal,
): Promise<AttemptReport> {
  const workspace = await parts.workspaces.reopen(runId);
  if (workspace === null) return known;
  const attempts = await persist(() => parts.api.attempts(requestId), { signal });
  const isLive = attempts.some(({ attempt, outcome }) => attempt === claim.attempt && outcome === null);
  const log = parts.log.child({ request_id: requestId, attempt: claim.attempt });
  log.warn({ run_id: runId }, 'work of a previous run');
  return settleWork({ ...parts, log, requestId, runId, claim, correlationId }, workspace, known, isLive, signal);
}

/** Pushes the work in a leftover clone and removes the clone. Returns why the clone is kept; null when it was removed or is missing. */
export async function salvageClone(
  runId: string,
  { workspaces, config, log }: Pick<Parts, 'workspaces' | 'config' | 'log'>,
  stopping: AbortSignal,
): Promise<string | null> {
  const workspace = await workspaces.reopen(runId);
  if (workspace === null) return null;
  await workspace.take().catch((error: unknown) => {
    log.warn({ err: error, run_id: runId }, 'a leftover clone cannot be read');
  });
  const kept = await workspace.close({ until: performance.now() + config.publishMs, stopping });
  if (kept === null) log.warn({ run_id: runId }, 'published the work of a previous run');
  return kept;
}

const SECOND_LOOK_MS = 10_000;

/** Report for a claim whose answer was lost. No agent has run. */
const NEVER_BEGUN: AttemptReport = {
  outcome: 'released',
  error_code: 'claim-unclear',
  error_message: 'The answer to the claim was lost, so no agent was started, and the worker handed the request back.',
};

/**
 * Report for an attempt whose worker was killed. That is not the agent's fault, so the request is handed back. It fails when its last
 * {@link LOSSES_ALLOWED} attempts ended the same way, because the request may be what kills the worker.
 */
async function reportOfLoss(api: AutomationApi, requestId: string): Promise<AttemptReport> {
  const attempts = await api.attempts(requestId);
  const ended = attempts.filter(({ outcome }) => outcome !== null).slice(-LOSSES_ALLOWED);
  const losses = ended.filter(({ error_code }) => error_code === LOSS_CODE).length;
  if (losses < LOSSES_ALLOWED) {
    return {
      outcome: 'released',
      error_code: LOSS_CODE,
      error_message: 'The worker was killed or crashed, and handed the request back when it started again.',
    };
  }
  return {
    outcome: 'failed',
    error_code: LOSS_CODE,
    error_message: `The worker was killed or crashed ${losses + 1} times in a row with this request.`,
  };
}

const LOSS_CODE = 'worker-restarted';
const LOSSES_ALLOWED = 2;

function markOf(runId: string) {
  return { environment: `${MARK_NAME}=${runId}`, group: null };
}
