import type { AttemptReport } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { MARK_NAME } from './agent/environment.ts';
import { firstCodePoints, plainText, redact } from './programs/output-tail.ts';
import type { ApiCallOptions, AutomationApi } from './api.ts';
import { logged } from './api.ts';
import type { WorkerConfig } from './config.ts';
import { persist } from './patience.ts';
import { NotDelivered } from './repository/deliver.ts';
import { openPullRequest } from './repository/publish-command.ts';
import type { Patience, Work, Workspace, Workspaces } from './repository/workspace.ts';

export interface DeliveryOptions {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly workspaces: Workspaces;
  readonly requestId: string;
  readonly runId: string;
  /** The token is empty when the answer to the claim was lost; calls then use the worker's own key. */
  readonly claim: { readonly attempt: number; readonly attemptToken: string };
  readonly correlationId: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The part of a report that depends on whether the work was delivered. */
type Ending = Pick<AttemptReport, 'outcome' | 'error_code' | 'error_message' | 'resume_at' | 'delivery'>;

/**
 * Takes over what the agent committed, after the agent has ended: delivers it if the agent has claimed completion, and otherwise keeps
 * it. If interrupted, it can be called again.
 *
 * @param report report for the case that there is no work
 * @param mayDeliver false when the run is handed back or broke a rule
 */
export async function settleWork(
  options: DeliveryOptions,
  workspace: Workspace,
  report: AttemptReport,
  mayDeliver: boolean,
  stopping: AbortSignal,
): Promise<AttemptReport> {
  const patience: Patience = { until: performance.now() + options.config.publishMs, stopping };
  let work: Work | null;
  try {
    work = await workspace.take();
  } catch (error) {
    options.log.error({ err: error }, 'the commits of the agent cannot be read');
    await workspace.close(patience);
    const finished = report.outcome === 'succeeded' || (mayDeliver && (await claimStands(options, stopping)));
    if (!finished) return report;
    const message = `What the agent committed cannot be read, and its clone is kept (${workspace.dir}): ${wordsOf(error)}`;
    return { ...figuresOf(report), outcome: 'blocked', error_code: 'work-unreadable', error_message: sayable(message) };
  }
  if (work === null) return report;
  const ending =
    mayDeliver && (await claimStands(options, stopping)) ? await deliverWork(options, work, false, patience) : null;
  const trouble = await workspace.close(patience);
  if (ending) {
    if (trouble !== null && ending.outcome === 'succeeded') {
      const message = `Something that the agent committed beside its branch is kept on the worker (${workspace.dir}): ${trouble}`;
      return { ...figuresOf(report), ...ending, error_code: 'work-kept', error_message: sayable(message) };
    }
    return { ...figuresOf(report), ...ending };
  }
  if (trouble === null || report.outcome !== 'succeeded') return report;
  const message = `The work could not be pushed, and is kept on the worker (${workspace.dir}): ${trouble}`;
  return { ...figuresOf(report), outcome: 'blocked', error_code: 'dependency', error_message: sayable(message) };
}

/**
 * Pushes finished work to its branch and opens the pull request. Either step may have been done before. Failures become part of the
 * ending.
 *
 * @param approved true when a person has approved exactly this commit
 */
export async function deliverWork(
  options: DeliveryOptions,
  work: Work,
  approved: boolean,
  patience: Patience,
): Promise<Ending> {
  const undelivered = async (
    why: string,
    more: { readonly held?: boolean; readonly again?: boolean },
  ): Promise<Ending> => {
    options.log.error({ commit: work.commit, why }, 'the work was not delivered');
    const again = more.again === true ? { resume_at: await resumeAt(options) } : {};
    return {
      outcome: 'blocked',
      error_code: more.held === true ? 'approval' : 'delivery-failed',
      ...again,
      delivery: { undelivered: { commit: work.commit, ref: work.ref, why: sayable(why) } },
    };
  };
  try {
    const written = await options.workspaces.deliver(work, { approved }, patience);
    if (written === null) return { outcome: 'succeeded', delivery: { nothing: true } };
    const pr_url = await announce(options, written.branch, patience.stopping);
    return { outcome: 'succeeded', delivery: { ...written, ...(pr_url === null ? {} : { pr_url }) } };
  } catch (error) {
    if (error instanceof NotDelivered) return undelivered(error.message, { held: error.kind === 'held' });
    return undelivered(wordsOf(error), { again: true });
  }
}

/** Opens the pull request and returns its URL; null when no command is configured. @throws Error with the command's output */
async function announce(options: DeliveryOptions, branch: string, signal: AbortSignal): Promise<string | null> {
  const { config, api, log, requestId, runId, environment } = options;
  if (config.publishCommand === null) return null;
  const { pr_url: knownUrl } = await persist(() => api.request(requestId, callOptions(options, signal)), { signal });
  const publication = { requestId, branch, knownUrl, apiUrl: config.apiUrl };
  const url = await openPullRequest(config.publishCommand, publication, {
    cwd: config.stateDir,
    // If this worker is killed, its next start finds the process by the mark.
    env: { ...environment, [MARK_NAME]: runId },
    signal,
  }).catch((error: unknown) => {
    throw new Error(`The work is at ${branch}, but its pull request could not be opened. ${wordsOf(error)}`);
  });
  log.info({ branch }, 'pull request opened');
  return url;
}

/** Whether the agent has claimed completion and the work is still undelivered. Retries until the service answers. */
async function claimStands(options: DeliveryOptions, signal: AbortSignal): Promise<boolean> {
  const { api, log, requestId } = options;
  const onFailure = (error: unknown, waitMs: number): void => {
    log.warn({ ...logged(error), retry_in_ms: Math.round(waitMs) }, 'waiting for the service to say what to deliver');
  };
  try {
    const ask = () => api.request(requestId, callOptions(options, signal));
    const { delivery } = await persist(ask, { signal, onFailure });
    return delivery !== null && delivery.state !== 'delivered';
  } catch (error) {
    // The report is sent anyway, and the claim of completion outlives this attempt.
    if (!signal.aborted) log.warn(logged(error), 'the service does not say what to deliver');
    return false;
  }
}

const RETRY_MS = { first: 60_000, most: 60 * 60_000 };

/** RFC 3339 time of the next try. The delay doubles from 1 min to 1 h with each consecutive failed delivery. */
async function resumeAt({ api, requestId }: DeliveryOptions): Promise<string> {
  const attempts = await api.attempts(requestId).catch(() => []);
  const ended = attempts.filter(({ outcome }) => outcome !== null).reverse();
  const failures = ended.findIndex(({ error_code }) => error_code !== 'delivery-failed');
  const waitMs = Math.min(RETRY_MS.first * 2 ** (failures < 0 ? ended.length : failures), RETRY_MS.most);
  return new Date(Date.now() + waitMs).toISOString();
}

function callOptions({ claim, correlationId }: DeliveryOptions, signal: AbortSignal): ApiCallOptions {
  return { ...(claim.attemptToken === '' ? {} : { token: claim.attemptToken }), correlationId, signal };
}

/** The report without the fields that say how the run ended. */
export function figuresOf(report: AttemptReport): Omit<AttemptReport, keyof Ending> {
  const { outcome: _o, error_code: _c, error_message: _m, resume_at: _r, delivery: _d, ...figures } = report;
  return figures;
}

export function sayable(text: string): string {
  return firstCodePoints(plainText(redact(text, [])).trim(), 4_000);
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
