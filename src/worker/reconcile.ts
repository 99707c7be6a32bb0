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
import { pause, persist } from './patience.ts';
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
 * Brings what an earlier life of this worker left to its end: its agents are ended, its reports sent, and what it had claimed is
 * handed back. Settles when the agents are ended; the rest goes on until the service takes it, or the signal comes.
 */
export async function reconcile(parts: Parts, signal: AbortSignal): Promise<{ readonly settled: Promise<unknown> }> {
  const left = await parts.journal.readAll(parts.log);
  for (const { runId, requestId } of left) {
    const { found, gone } = await endProcesses(markOf(runId), 0);
    if (found > 0)
      parts.log.warn(
        { request_id: requestId, found, gone },
        'ended what an earlier life of this worker had left running',
      );
  }
  const settle = async (undertaking: Undertaking): Promise<void> => {
    try {
      await settleUndertaking(undertaking, parts, signal);
    } catch (error) {
      if (!signal.aborted)
        parts.log.error(
          { ...logged(error), request_id: undertaking.requestId },
          'an attempt of an earlier life could not be settled',
        );
    }
  };
  const strays = (await parts.workspaces.left()).filter((runId) => !left.some((it) => it.runId === runId));
  const salvage = (runId: string) =>
    salvageClone(runId, parts, signal).catch((error: unknown) => {
      parts.log.error({ err: error, run_id: runId }, 'the work of an earlier life could not be published');
    });
  return { settled: Promise.all([...left.map(settle), ...strays.map(salvage)]) };
}

/** Ends one undertaking that nobody works on any more. @throws what the service answers, when that does not pass */
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
    // A claim that was on its way when its answer was given up may be made after the first look.
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
  // Before the report, upon which another attempt may begin where this one stopped.
  const settled = undertaking.report
    ? await salvageClone(runId, parts, signal).then(() => report)
    : await settleLeft({ ...undertaking, claim, report }, parts, signal);
  const ended = { ...undertaking, claim, report: settled };
  await journal.write(ended);
  await reports.send(ended, signal);
}

/** What the agent had finished is delivered, if the attempt is still ours. */
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
  log.warn({ run_id: runId }, 'the work of an earlier life is seen to');
  return settleWork({ ...parts, log, requestId, runId, claim, correlationId }, workspace, known, isLive, signal);
}

/** Brings the work in a clone that was left to the remote, and removes the clone. */
export async function salvageClone(
  runId: string,
  { workspaces, config, log }: Pick<Parts, 'workspaces' | 'config' | 'log'>,
  stopping: AbortSignal,
): Promise<string | null> {
  const workspace = await workspaces.reopen(runId);
  if (workspace === null) return null;
  await workspace.take().catch((error: unknown) => {
    log.warn({ err: error, run_id: runId }, 'a clone that was left cannot be read');
  });
  const kept = await workspace.close({ until: performance.now() + config.publishMs, stopping });
  if (kept === null) log.warn({ run_id: runId }, 'published the work of an earlier life');
  return kept;
}

const SECOND_LOOK_MS = 10_000;

/** No agent has run: what is known of such an attempt is only that it was ours. */
const NEVER_BEGUN: AttemptReport = {
  outcome: 'released',
  error_code: 'claim-unclear',
  error_message: 'The answer to the claim was lost, so no agent was started, and the worker handed the request back.',
};

/**
 * The agent is not to blame for its worker's end, so the request is handed back; but one that took its worker along again and again
 * has to stop somewhere.
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
