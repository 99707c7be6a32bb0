import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import type { Claim } from './claim.ts';
import type { WorkerConfig } from './config.ts';
import { persist } from './patience.ts';
import { openPullRequest } from './repository/publish-command.ts';

export interface PullRequestOptions {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly requestId: string;
  readonly claim: Pick<Claim, 'attemptToken'>;
  readonly correlationId: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const TRIES = 5;

/**
 * Opens a pull request for work that is finished, and tells the service where it is. Work that waits for somebody is pushed, and
 * needs no pull request yet.
 *
 * @returns what went wrong, in words; null when nothing did or there was nothing to do
 */
export async function announcePullRequest(
  options: PullRequestOptions,
  branch: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { api, config, log, requestId, claim, correlationId } = options;
  if (config.publishCommand === null) return null;
  // Without a token (a claim whose answer was lost) the worker's own credentials serve.
  const credential = claim.attemptToken === '' ? {} : { token: claim.attemptToken };
  const common = { ...credential, correlationId, signal };
  try {
    const request = await persist(() => api.request(requestId, common), { maxTries: TRIES, signal });
    if (request.status !== 'completed') return null;
    const pr_url = await openPullRequest(
      config.publishCommand,
      { requestId, branch, apiUrl: config.apiUrl },
      { cwd: config.stateDir, env: options.environment, signal },
    );
    await persist(() => api.patch(requestId, { pr_url }, common), { maxTries: TRIES, signal });
    log.info({ branch }, 'pull request opened');
    return null;
  } catch (error) {
    log.error(logged(error), 'the pull request could not be opened');
    return error instanceof Error ? error.message : String(error);
  }
}
